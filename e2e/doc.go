// Package e2e tries the whole of Seedbed as people do: the real binary with the
// real Docker, Consul and nginx, in Chromium. Its tests need root, a Docker that
// answers, bin/consul, bin/seedbed and the images (`make test-packages`); they
// use folders, ports and containers of their own and remove them.
package e2e
