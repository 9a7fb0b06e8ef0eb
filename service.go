package seedbed

import (
	"log/slog"
	"strconv"
	"time"
)

// Service is a shared server, such as PostgreSQL, that sites have a part of.
type Service struct {
	ID       int64
	Kind     string // also the name of its Template: "postgres"
	Port     int    // service port: fixed, the same on every machine
	Password Secret // of its administrator
	Revision int64  // grows each time it is to be started anew
	Created  time.Time
}

// WorkloadID names the service's workload to the engine.
func (s Service) WorkloadID() WorkloadID { return WorkloadID("/services/" + s.Kind) }

// adminDistance is how far the port by which a service is administered is from
// its service port. So many kinds of services have room.
const adminDistance = 15

// AdminPort is the service port by which the portal administers the service,
// where that is not done at Port; see Template.AdminPort.
func (s Service) AdminPort() int { return s.Port + adminDistance }

// Key is the service's counterpart to Site.Key.
func (s Service) Key() string { return "service" + strconv.FormatInt(s.ID, 10) + "-" + s.Kind }

// Volumes returns the volumes that the service has by its template.
func (s Service) Volumes(t Template) []Volume {
	volumes := make([]Volume, len(t.Volumes))
	for i, v := range t.Volumes {
		volumes[i] = Volume{Owner: s.Key(), Name: v.Name, Size: v.Size}
	}
	return volumes
}

// ServiceTitle returns a kind of service as people write it.
func ServiceTitle(kind string) string {
	switch kind {
	case "postgres":
		return "PostgreSQL"
	case "mariadb":
		return "MariaDB"
	case "rabbitmq":
		return "RabbitMQ"
	case "redis":
		return "Redis"
	default:
		return kind
	}
}

// Binding is one site's own part of a Service: a database with its role.
type Binding struct {
	SiteID   int64
	Service  Service
	Name     string // of the database and of its role
	Password Secret
	// Made is true from the moment before it is made for the first time; while
	// it is false there is nothing to remove.
	Made bool
}

// Usage is how much of a service one site's own part takes at one moment.
type Usage struct {
	Bytes       int64 // on the disk or, for Redis, in memory; as the server itself counts
	Connections int   // that are open
	Messages    int64 // that wait in queues; only RabbitMQ has any
}

// Endpoint is where a service is reached.
type Endpoint struct {
	Host      string
	Port      int
	AdminPort int    // where it is administered, if its kind does that elsewhere
	Password  Secret // of its administrator
}

// Secret is text that is never shown, logged or serialised by accident: every
// usual way of printing it gives dots. Reveal gives the text.
type Secret string

const dots = "••••••"

// Reveal returns the text itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns dots.
func (s Secret) String() string { return dots }

// GoString returns dots.
func (s Secret) GoString() string { return dots }

// LogValue returns dots.
func (s Secret) LogValue() slog.Value { return slog.StringValue(dots) }

// MarshalText returns dots, so that JSON never holds a secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(dots), nil }
