// Package routing tries the two loops that carry every visitor together: the
// engine's API, the bridge, a real Consul, the router and a real nginx, with
// liars and cut lines between them. Nothing runs in containers here; who answers
// is a port of this machine that says its own number.
package routing
