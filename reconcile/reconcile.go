// Package reconcile makes of what is wanted what is. Its Reconciler carries out
// the deployments of sites: look, Plan, do the first thing that is not done,
// look again. Its Watcher looks at everything that runs, and its Board holds
// what was seen last, for pages to show.
//
// It declares what it needs of engine, router, storage, catalog and database as
// interfaces and knows none of them. All rules about what leads to what are in
// Plan, and all about what people are told in JudgeSite; both are pure.
package reconcile
