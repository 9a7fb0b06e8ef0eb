package marathontest

import (
	"slices"
	"strings"
)

// queueChecks are about what waits, and why: API.md 1.6.
func queueChecks() []check {
	return []check{
		{name: "queue: an app whose instance waits is on it", holds: func(p *probe) {
			p.stuck("a", `"instances":2`)
			item := p.queued("a")
			p.has("the item", item, "app", "count", "delay", "since", "processedOffersSummary")
			p.is("count", at(item, "count"), 2)
			p.is("the app's version", at(item, "app", "version"), p.app("a").str("version"))
			p.matches("since", at(item, "since"), stampForm)
			p.is("delay", at(item, "delay"), map[string]any{"timeLeftSeconds": 0, "overdue": true})
		}},
		{name: "queue: an app that runs is not on it", holds: func(p *probe) {
			p.make("a", "")
			p.eventually("it has left", func() bool { return p.onQueue("a") == nil })
		}},
		{name: "queue: what was offered is counted", holds: func(p *probe) {
			p.stuck("a", "")
			p.has("the summary", at(p.queued("a"), "processedOffersSummary"), "processedOffersCount", "unusedOffersCount",
				"rejectSummaryLastOffers", "rejectSummaryLaunchAttempt")
		}},
		{name: "queue: an unfulfilled constraint is the reason", holds: func(p *probe) {
			p.stuck("a", "")
			p.waitsFor("a", "UnfulfilledConstraint")
		}},
		{name: "queue: what no machine has is the reason", holds: func(p *probe) {
			for reason, more := range map[string]string{"InsufficientCpus": `"cpus":900000`, "InsufficientMemory": `"mem":900000000`, "InsufficientDisk": `"disk":900000000000`} {
				name := lower(reason)
				p.want(201, "PUT", "/v2/apps{g}/"+name, p.small(name, more))
				p.waitsFor(name, reason)
				p.want(200, "DELETE", "/v2/apps{g}/"+name, "")
			}
		}},
		{name: "queue: a port that no machine offers is the reason", holds: func(p *probe) {
			p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", portOutside))
			p.waitsFor("a", "InsufficientPorts")
		}, differs: func(p *probe) {
			p.is("ports", p.make("a", portOutside).get("tasks", 0, "ports"), []int{45999})
		}},
		{name: "queue: reasons come in the order in which they are asked", holds: func(p *probe) {
			p.stuck("a", "")
			p.waitsFor("a", "UnfulfilledConstraint")
			var got []string
			for _, r := range at(p.queued("a"), "processedOffersSummary", "rejectSummaryLastOffers").([]any) {
				got = append(got, at(r, "reason").(string))
			}
			order := []string{"UnfulfilledRole", "UnfulfilledConstraint", "NoCorrespondingReservationFound", "AgentMaintenance", "InsufficientCpus",
				"InsufficientMemory", "InsufficientDisk", "InsufficientGpus", "DeclinedScarceResources", "InsufficientPorts"}
			want := slices.DeleteFunc(slices.Clone(order), func(r string) bool { return !slices.Contains(got, r) })
			p.is("reasons", got, want)
		}},
		{name: "queue: the last offers are shown to who asks", holds: func(p *probe) {
			p.stuck("a", "")
			p.waitsFor("a", "UnfulfilledConstraint")
			list := p.want(200, "GET", "/v2/queue?embed=lastUnusedOffers", "").list("queue")
			n := slices.IndexFunc(list, func(i any) bool { return at(i, "app", "id") == p.group+"/a" })
			if n < 0 {
				p.fatalf("the app is not on the queue")
			}
			p.has("the item", list[n], "lastUnusedOffers")
		}},
		{name: "queue: the delay of what waits can be ended", holds: func(p *probe) {
			p.stuck("a", "")
			p.queued("a")
			a := p.want(204, "DELETE", "/v2/queue{g}/a/delay", "")
			p.is("the body", a.text, "")
		}},
		{name: "queue: what does not wait has no delay to end", holds: func(p *probe) {
			p.says(p.do("DELETE", "/v2/queue{g}/none/delay", ""), 404, "Application "+p.group+"/none not found in tasks queue.")
		}},
		{name: "queue: a task that failed waits longer and longer", real: true, holds: func(p *probe) {
			p.want(201, "PUT", "/v2/apps{g}/a", p.small("a", `{fails},"backoffSeconds":20,"backoffFactor":2`))
			p.eventually("it waits", func() bool {
				left, _ := at(p.onQueue("a"), "delay", "timeLeftSeconds").(float64)
				return left > 5 && left <= 20 && at(p.onQueue("a"), "delay", "overdue") == false
			})
			p.want(204, "DELETE", "/v2/queue{g}/a/delay", "")
			p.eventually("it waits twice as long", func() bool {
				left, _ := at(p.onQueue("a"), "delay", "timeLeftSeconds").(float64)
				return left > 5
			})
		}},
	}
}

// portOutside asks for a port of the machine outside the range that Mesos offers
// by default.
const portOutside = `"container":{"type":"DOCKER","docker":{"image":"{img}"},"portMappings":[{"containerPort":8080,"hostPort":45999}]}`

// onQueue is the item of an app on the queue, or nil.
func (p *probe) onQueue(name string) any {
	for _, item := range p.want(200, "GET", "/v2/queue", "").list("queue") {
		if at(item, "app", "id") == p.group+"/"+name {
			return item
		}
	}
	return nil
}

// queued waits until an app is on the queue.
func (p *probe) queued(name string) any {
	p.eventually(name+" is on the queue", func() bool { return p.onQueue(name) != nil })
	return p.onQueue(name)
}

// waitsFor waits until the queue tells that reason why an app is not launched.
func (p *probe) waitsFor(name, reason string) {
	p.eventually(name+" waits, reason "+reason, func() bool {
		list, _ := at(p.onQueue(name), "processedOffersSummary", "rejectSummaryLastOffers").([]any)
		return slices.ContainsFunc(list, func(r any) bool {
			declined, _ := at(r, "declined").(float64)
			return at(r, "reason") == reason && declined > 0
		})
	})
}

func lower(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }
