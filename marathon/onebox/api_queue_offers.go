package onebox

import "strconv"

// unusedOffer is an offer as the queue shows it, with why it was not used.
type unusedOffer struct {
	Offer struct {
		ID         string           `json:"id"`
		AgentID    string           `json:"agentId"`
		Hostname   string           `json:"hostname"`
		Resources  []offerResource  `json:"resources"`
		Attributes []offerAttribute `json:"attributes"`
	} `json:"offer"`
	Reason    []string `json:"reason"`
	Timestamp string   `json:"timestamp"`
}

type offerResource struct {
	Name   string      `json:"name"`
	Role   string      `json:"role"`
	Scalar *float64    `json:"scalar,omitempty"`
	Ranges []portRange `json:"ranges,omitempty"`
}

type offerAttribute struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// unusedOffers returns the last offer of each machine that an app could not
// use: at most one here.
func (e *Engine) unusedOffers(app string) []unusedOffer {
	a, list := e.attempts.of(app), []unusedOffer{}
	if a.last == nil {
		return list
	}
	var u unusedOffer
	u.Offer.ID, u.Offer.AgentID, u.Offer.Hostname = "onebox-O"+strconv.Itoa(a.processed), slaveID, e.cfg.HostIP
	u.Offer.Resources, u.Offer.Attributes = a.last.resources(), []offerAttribute{}
	for _, name := range sortedKeys(e.cfg.Machine.Attributes) {
		u.Offer.Attributes = append(u.Offer.Attributes, offerAttribute{name, e.cfg.Machine.Attributes[name]})
	}
	u.Reason, u.Timestamp = a.last.reasonNames(), stamp(a.lastUnused)
	return append(list, u)
}

// resources is what was free. More may have been given out than there is, if the
// machine or its limits became smaller: then nothing is free.
func (o offer) resources() []offerResource {
	scalar := func(name string, value float64) offerResource {
		value = max(0, thousandths(value)/1000)
		return offerResource{Name: name, Role: "*", Scalar: &value}
	}
	return []offerResource{
		scalar("cpus", o.free.CPUs), scalar("mem", o.free.Mem), scalar("disk", o.free.Disk),
		{Name: "ports", Role: "*", Ranges: o.ports},
	}
}
