// Package e2e tries the whole of Seedbed as people do: the real binary with the
// real Docker, Consul and nginx, in Chromium. Its tests need root, a Docker that
// answers, bin/consul, bin/seedbed and the images (`make test-packages`); they
// use folders, ports and containers of their own and remove them.
//
// Where SEEDBED_TEST_MARATHON_URL names a Marathon, all of them use that one, each
// with a group of its own, in place of the engine that serve starts
// (docs/marathon-on-mesos.md). Package e2e/elsewhere does so.
package e2e
