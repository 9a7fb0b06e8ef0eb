package marathontest

import (
	"fmt"
	"math/rand/v2"
)

// schemaChecks hold the target to Marathon's JSON Schema.
func schemaChecks() []check {
	return []check{
		{name: "schema: an app that is answered fits", holds: func(p *probe) {
			a := p.make("a", `"labels":{"a":"b"},"env":{"C":"d"},"healthChecks":[{"protocol":"HTTP","path":"/","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]`)
			p.fits("the app", "AppDefinition", bare(a.value))
			old := p.want(200, "GET", "/v2/apps{g}/a/versions/"+a.str("version"), "")
			p.fits("its version", "AppDefinition", bare(old.value))
		}},
		{name: "schema: a group that is answered fits", holds: func(p *probe) {
			p.made()
			p.fits("the group", "Group", bare(p.want(200, "GET", "/v2/groups{g}/g", "").value))
		}},
		{name: "schema: definitions made by chance are taken, kept and answered in its form", holds: func(p *probe) {
			r := rand.New(rand.NewPCG(1, 2)) // the same each time, for whoever looks for a mistake
			for n := range 60 {
				sent := p.fill(fmt.Sprintf(`{"id":"{g}/n%d",%s}`, n, generated(r)))
				p.fits("what is sent", "AppDefinition", jsonOf(p, sent))
				a := p.do("POST", "/v2/apps", sent)
				if a.status != 201 {
					p.errorf("%s\nis answered with %d %s", sent, a.status, short(a.text))
					continue
				}
				p.fits("what is answered", "AppDefinition", bare(a.value))
				p.kept(sent, a.value)
			}
		}},
		{name: "schema: what it does not allow is refused", holds: func(p *probe) {
			for member := range map[string]bool{`"cpus":-1`: true, `"mem":"64"`: true, `"instances":1.5`: true, `"backoffFactor":0.5`: true, `"env":[]`: true,
				`"killSelection":"x"`: true, `"constraints":[["hostname"]]`: true, `"healthChecks":[{"protocol":"x"}]`: true, `"labels":{"a":1}`: true,
				`"upgradeStrategy":{"maximumOverCapacity":-1}`: true, `"unreachableStrategy":"enabled"`: true, `"taskKillGracePeriodSeconds":-1`: true} {
				if a := p.do("POST", "/v2/apps", p.small("a", member)); a.status != 422 {
					p.errorf("%s is answered with %d %s", member, a.status, short(a.text))
				}
			}
		}},
	}
}
