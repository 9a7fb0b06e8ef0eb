package onebox

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
)

// agent is this machine in Mesos' words. It is active while Docker answers.
func (e *Engine) agent(r *http.Request) agentView {
	_, port, _ := net.SplitHostPort(r.Host)
	number, _ := strconv.Atoi(port)
	_, since := e.room.read()
	total, _ := e.promised()
	resources := mesosAmounts(total)
	resources.Ports = fmt.Sprintf("[%d-%d]", e.cfg.PortMin, e.cfg.PortMax)
	attributes := map[string]string{}
	maps.Copy(attributes, e.cfg.Machine.Attributes)
	return agentView{
		ID: slaveID, PID: "slave(1)@" + r.Host, Hostname: e.cfg.HostIP, Port: number, Version: mesosVersion,
		Active: !e.sights.newest().blind(), Registered: unixSeconds(since),
		Resources: resources, Unreserved: resources, Attributes: attributes,
		Used: mesosAmounts(booked(e.records.snapshot().all())),
	}
}

func mesosAmounts(a amounts) mesosResources {
	return mesosResources{CPUs: a.CPUs, Mem: a.Mem, Disk: a.Disk}
}
