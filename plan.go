package seedbed

// Actual is what was found of one site at one moment.
type Actual struct {
	Volumes  int             // how many of its directories are there
	Services map[string]bool // by kind: the shared service is well and can be reached
	Bound    map[string]bool // by kind: the site's own part is there and works
	Gone     map[string]bool // by kind: nothing of the site's own part is left
	Engine   map[WorkloadID]Observed
	Workload *Observed // the site's own in Engine; nil if the engine surely has none
	Routed   bool      // nginx leads its address to at least one instance
	Known    bool      // nginx knows its address, with or without instances
	Answered bool      // the address answered since its containers were last well
}

// Planned is one step of a plan and whether what was found shows it to be done.
type Planned struct {
	Name StepName
	Done bool
}

// Plan says which steps lead from what is to what is wanted, in order. It is
// pure: the whole of what should happen next follows from its arguments, so a
// process that was killed needs nothing but another look.
func Plan(spec SiteSpec, a Actual) []Planned {
	if spec.Deployment.Kind == Remove {
		return planRemoval(spec, a)
	}
	return planSite(spec, a)
}

func planSite(spec SiteSpec, a Actual) []Planned {
	var plan []Planned
	if len(spec.Volumes) > 0 {
		plan = append(plan, Planned{StepVolumes, a.Volumes == len(spec.Volumes)})
	}
	for _, b := range spec.Bindings {
		plan = append(plan,
			Planned{StepService.Of(b.Service.Kind), a.Services[b.Service.Kind]},
			Planned{StepBinding.Of(b.Service.Kind), a.Bound[b.Service.Kind]})
	}
	mark := spec.Deployment.Mark()
	return append(plan,
		Planned{StepApply, a.Workload != nil && a.Workload.Deployment == mark},
		Planned{StepWell, a.Workload != nil && a.Workload.Well(mark)},
		Planned{StepRoute, a.Routed},
		Planned{StepAnswer, a.Answered})
}

// planRemoval deletes what holds people's work last.
func planRemoval(spec SiteSpec, a Actual) []Planned {
	plan := []Planned{
		{StepStop, a.Workload == nil},
		{StepUnroute, !a.Known},
	}
	for _, b := range spec.Bindings {
		if !b.Made {
			continue // it was never begun, so the service need not be there
		}
		plan = append(plan,
			Planned{StepService.Of(b.Service.Kind), a.Services[b.Service.Kind]},
			Planned{StepUnbind.Of(b.Service.Kind), a.Gone[b.Service.Kind]})
	}
	return append(plan, Planned{StepDiscard, a.Volumes == 0})
}

// next returns the first step that is not done, or "" if all are.
func next(plan []Planned) StepName {
	for _, p := range plan {
		if !p.Done {
			return p.Name
		}
	}
	return ""
}
