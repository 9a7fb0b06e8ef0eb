package marathon

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

const waitingApp = `{"apps":[{"id":"/sites/a","instances":2,"deployments":[{"id":"x"}],"tasks":[{"id":"a.1","state":"TASK_STAGING"}]},
	{"id":"/sites/b","instances":0,"deployments":[],"tasks":[]}]}`

func queueAnswer(used, reasons string) string {
	return fmt.Sprintf(`{"queue":[{"app":{"id":"/sites/a","cpus":0.5,"mem":512,"disk":7},"processedOffersSummary":{
		"lastUnusedOfferAt":"2026-01-02T03:04:05.000Z"%s,"rejectSummaryLastOffers":[%s]},
		"lastUnusedOffers":[{"offer":{"resources":[{"name":"mem","scalar":100},{"name":"cpus","scalar":0.1}]}},
			{"offer":{"resources":[{"name":"mem","role":"*","scalar":200},{"name":"mem","role":"x","scalar":100},{"name":"ports","ranges":[{"begin":1,"end":2}]}]}}]},
		{"app":{"id":"/sites/b"}},{"pod":{"id":"/c"}}]}`, used, reasons)
}

type queueCase struct {
	status int
	queue  string
	want   *seedbed.Waiting
}

func waitsFor(reason string, kind seedbed.Shortage) queueCase {
	return queueCase{200, queueAnswer("", fmt.Sprintf(`{"reason":%q,"declined":1}`, reason)), &seedbed.Waiting{For: kind, Reason: reason}}
}

func TestObserve_SaysWhyItWaits(t *testing.T) {
	memory := `{"reason":"UnfulfilledConstraint","declined":1,"processed":3},{"reason":"InsufficientMemory","declined":2,"processed":2},{"reason":"InsufficientPorts","declined":0,"processed":0}`
	for name, c := range map[string]queueCase{
		"memory":             {200, queueAnswer("", memory), &seedbed.Waiting{For: seedbed.ShortOfMemory, Reason: "InsufficientMemory", Need: 512, Freest: 300}},
		"cpus":               {200, queueAnswer("", `{"reason":"InsufficientCpus","declined":1}`), &seedbed.Waiting{For: seedbed.ShortOfCPUs, Reason: "InsufficientCpus", Need: 0.5, Freest: 0.1}},
		"role":               waitsFor("UnfulfilledRole", seedbed.NotOffered),
		"constraint":         waitsFor("UnfulfilledConstraint", seedbed.NoFitMachine),
		"reservation":        waitsFor("NoCorrespondingReservationFound", seedbed.NotReserved),
		"maintenance":        waitsFor("AgentMaintenance", seedbed.InMaintenance),
		"GPUs":               waitsFor("InsufficientGpus", seedbed.ShortOfGPUs),
		"scarce":             waitsFor("DeclinedScarceResources", seedbed.KeptForGPUs),
		"ports":              waitsFor("InsufficientPorts", seedbed.ShortOfPorts),
		"a reason to come":   waitsFor("InsufficientPatience", seedbed.NoRoom),
		"disk":               {200, queueAnswer("", `{"reason":"InsufficientDisk","declined":1}`), &seedbed.Waiting{For: seedbed.ShortOfDisk, Reason: "InsufficientDisk", Need: 7}},
		"launched since":     {200, queueAnswer(`,"lastUsedOfferAt":"2026-01-02T03:04:06.000Z"`, memory), nil},
		"no offers yet":      {200, `{"queue":[{"app":{"id":"/sites/a"},"processedOffersSummary":{"processedOffersCount":0}}]}`, nil},
		"old Marathon":       {200, `{"queue":[{"app":{"id":"/sites/a"},"count":1}]}`, nil},
		"queue out of sight": {503, ``, nil},
		"no queue":           {200, `{}`, nil},
	} {
		lists := engine(waitingApp, "", "")
		got, err := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/queue" {
				answers(c.status, c.queue)(w, r)
				return
			}
			lists(w, r)
		}).Observe(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got["/sites/a"].Waiting); diff != "" || got["/sites/b"].Waiting != nil {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
