package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Port is a port that Seedbed needs.
type Port struct {
	Address string // "127.0.0.1:8400"
	For     string // "the portal"
}

// FreePorts returns a check for each port that it is free. holder returns who
// may have it, such as Seedbed itself, and "" if nobody may.
func FreePorts(ports []Port, holder func(ctx context.Context) string) []Check {
	var checks []Check
	for _, p := range ports {
		checks = append(checks, Check{"Port of " + p.For, func(ctx context.Context) Finding { return p.look(ctx, holder) }})
	}
	return checks
}

func (p Port) look(ctx context.Context, holder func(ctx context.Context) string) Finding {
	_, port, _ := net.SplitHostPort(p.Address)
	l, err := net.Listen("tcp", p.Address)
	switch {
	case err == nil:
		l.Close()
		return fine(p.Address + " is free.")
	case errors.Is(err, syscall.EADDRINUSE) && holder(ctx) != "":
		return fine(p.Address + " is used by " + holder(ctx) + ".")
	case errors.Is(err, syscall.EADDRINUSE):
		return trouble(fmt.Sprintf("Port %s is used by another program.", port), fmt.Sprintf("Find it with “ss -ltnp sport = :%s” and stop it, or choose other ports.", port))
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return trouble(p.Address+" is not an address of this machine.", "Choose one of those that “ip address” shows, or 0.0.0.0 for all.")
	case errors.Is(err, syscall.EACCES):
		return warning("Whether port "+port+" is free can only be seen by root.", "Run this with sudo.")
	default:
		return warning("Whether port "+port+" is free cannot be seen: "+err.Error()+".", "Run this with sudo.")
	}
}
