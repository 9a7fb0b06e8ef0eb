package reconcile

import "seedbed"

// Actual is what was found of one site at one moment.
type Actual struct {
	Volumes  int             // how many of its directories are there
	Services map[string]bool // by kind: the shared service is well and can be reached
	Bound    map[string]bool // by kind: the site's own part is there and works
	Gone     map[string]bool // by kind: nothing of the site's own part is left
	Engine   map[seedbed.WorkloadID]seedbed.Observed
	Workload *seedbed.Observed // the site's own in Engine; nil if the engine surely has none
	Routed   bool              // nginx leads its address to at least one instance
	Known    bool              // nginx knows its address, with or without instances
	Answered bool              // the address answered since its containers were last well
	Kept     bool              // the backup that the deployment makes is whole
	Restored Restored          // how far the backup is put back that the deployment is for
}

// Planned is one step of a plan and whether what was found shows it to be done.
type Planned struct {
	Name seedbed.StepName
	Done bool
}

// Plan says which steps lead from what is to what is wanted, in order. It is
// pure: the whole of what should happen next follows from its arguments, so a
// process that was killed needs nothing but another look.
func Plan(spec seedbed.SiteSpec, a Actual) []Planned {
	switch spec.Deployment.Kind {
	case seedbed.Remove:
		return planRemoval(spec, a)
	case seedbed.BackUp:
		return planBackup(spec, a)
	case seedbed.Restore:
		return planRestore(spec, a)
	case seedbed.Pause:
		return planPause(a)
	}
	return planSite(spec, a)
}

func planSite(spec seedbed.SiteSpec, a Actual) []Planned {
	var plan []Planned
	if len(spec.Volumes) > 0 {
		plan = append(plan, Planned{seedbed.StepVolumes, a.Volumes == len(spec.Volumes)})
	}
	for _, b := range spec.Bindings {
		plan = append(plan,
			Planned{seedbed.StepService.Of(b.Service.Kind), a.Services[b.Service.Kind]},
			Planned{seedbed.StepBinding.Of(b.Service.Kind), a.Bound[b.Service.Kind]})
	}
	return append(plan, planStart(a, spec.Deployment.Mark())...)
}

// planStart has the site run, and proves that it does.
func planStart(a Actual, mark string) []Planned {
	return []Planned{
		{seedbed.StepApply, a.Workload != nil && a.Workload.Deployment == mark},
		{seedbed.StepWell, a.Workload != nil && a.Workload.Well(mark)},
		{seedbed.StepRoute, a.Routed},
		{seedbed.StepAnswer, a.Answered},
	}
}

// planPause stops the site; visitors then read that it is paused.
func planPause(a Actual) []Planned {
	return []Planned{{seedbed.StepStop, a.Workload == nil}, {seedbed.StepUnroute, !a.Routed}}
}

// planRemoval deletes what holds people's work last.
func planRemoval(spec seedbed.SiteSpec, a Actual) []Planned {
	plan := []Planned{
		{seedbed.StepStop, a.Workload == nil},
		{seedbed.StepUnroute, !a.Known},
	}
	for _, b := range spec.Bindings {
		if !b.Made {
			continue // it was never begun, so the service need not be there
		}
		plan = append(plan,
			Planned{seedbed.StepService.Of(b.Service.Kind), a.Services[b.Service.Kind]},
			Planned{seedbed.StepUnbind.Of(b.Service.Kind), a.Gone[b.Service.Kind]})
	}
	return append(plan, Planned{seedbed.StepDiscard, a.Volumes == 0})
}

// next returns the first step that is not done, or "" if all are.
func next(plan []Planned) seedbed.StepName {
	for _, p := range plan {
		if !p.Done {
			return p.Name
		}
	}
	return ""
}
