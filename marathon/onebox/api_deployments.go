package onebox

import (
	"net/http"
)

// deploymentView is a deployment as the API shows it.
type deploymentView struct {
	ID             string       `json:"id"`
	Version        string       `json:"version"`
	AffectedApps   []string     `json:"affectedApps"`
	AffectedPods   []string     `json:"affectedPods"`
	Steps          []step       `json:"steps"`
	CurrentActions []actionView `json:"currentActions"`
	CurrentStep    int          `json:"currentStep"`
	TotalSteps     int          `json:"totalSteps"`
}

type actionView struct {
	action
	ReadinessCheckResults []readinessResult `json:"readinessCheckResults"`
}

func (g gallery) deployment(d *deployment) deploymentView {
	v := deploymentView{
		ID: d.ID, Version: d.Version, AffectedApps: d.affected(), AffectedPods: []string{},
		Steps: d.Steps, CurrentActions: []actionView{}, CurrentStep: d.Current + 1, TotalSteps: len(d.Steps),
	}
	for _, a := range d.currentActions() {
		v.CurrentActions = append(v.CurrentActions, actionView{a, g.readiness(a.App)})
	}
	return v
}

// listDeployments handles GET /v2/deployments.
func (e *Engine) listDeployments(w http.ResponseWriter, _ *http.Request) error {
	g, list := e.gallery(), []deploymentView{}
	for _, d := range g.deployments {
		list = append(list, g.deployment(d))
	}
	return answer(w, http.StatusOK, list)
}

// deleteDeployment handles DELETE /v2/deployments/{id}: with force it stops the
// deployment where it is, without it takes back what it has changed.
func (e *Engine) deleteDeployment(w http.ResponseWriter, r *http.Request) error {
	id, force := r.PathValue("id"), asked(r, "force", false)
	var back *deployment
	err := e.records.change(e.hub, func(t *txn) (err error) {
		d := t.deployment(id)
		if d == nil {
			return notFound("DeploymentPlan %s does not exist", id)
		}
		if force {
			e.cancel(t, d)
			return nil
		}
		back, err = e.rollback(t, d)
		return err
	})
	poke(e.wake)
	if err != nil {
		return err
	}
	if force {
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	return answerDeployment(w, http.StatusOK, back)
}
