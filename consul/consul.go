// Package consul keeps Consul telling the truth about what the engine runs: a
// Bridge writes every instance of every workload to Consul's catalog, with the
// engine's own verdict on its health, and an Agent keeps the Consul server of a
// single machine running. DESIGN.md beside this file says why it is done so.
//
// It does not check health itself, does not route anything, never deregisters
// on doubt, and touches no entry of Consul that it did not write.
package consul
