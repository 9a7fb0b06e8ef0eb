// Package seedbed holds the nouns and the rules of Seedbed: what a site, a
// template, a service, a volume and a deployment are, and how names are formed.
//
// It uses the standard library alone. It knows no database, no HTTP, no Docker,
// no Marathon, no Consul and no nginx: the adapters in the folders beside it do,
// and each of them imports this package and none of its neighbours.
package seedbed
