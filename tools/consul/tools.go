//go:build tools

// Package tools pins the Consul server that Seedbed runs. It is a module of its
// own so that the hundreds of modules which Consul needs stay out of Seedbed's
// go.mod. `make bin/consul` builds it.
package tools

import _ "github.com/hashicorp/consul"
