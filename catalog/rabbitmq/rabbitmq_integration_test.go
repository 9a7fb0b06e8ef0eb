//go:build integration

package rabbitmq_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/kindtest"
	"seedbed/catalog/rabbitmq"
)

const adminPassword = `it's "the" \ administrator's`

// server runs the real image and returns where it answers.
func server(t *testing.T) (*imagestest.Container, seedbed.Endpoint) {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker)
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "rabbitmq", Port: 5672, More: []int{15672}, Memory: 512,
		Env:    map[string]string{"RABBITMQ_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	})
	return c, waitForServer(t, c)
}

func waitForServer(t *testing.T, c *imagestest.Container) seedbed.Endpoint {
	t.Helper()
	return c.Await(rabbitmq.New(), adminPassword)
}

func binding(name string) seedbed.Binding {
	return seedbed.Binding{Name: name, Password: seedbed.Secret("secret/of@" + name)}
}

// open connects as a program that knows a user and its password.
func open(t *testing.T, e seedbed.Endpoint, b seedbed.Binding, vhost string) (*amqp.Connection, error) {
	t.Helper()
	u := url.URL{Scheme: "amqp", User: url.UserPassword(b.Name, b.Password.Reveal()), Host: net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), Path: "/" + vhost}
	conn, err := amqp.Dial(u.String())
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func mustOpen(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) (*amqp.Connection, *amqp.Channel) {
	t.Helper()
	conn, err := open(t, e, b, b.Name)
	must(t, err)
	return conn, channel(t, conn)
}

func channel(t *testing.T, conn *amqp.Connection) *amqp.Channel {
	t.Helper()
	ch, err := conn.Channel()
	must(t, err)
	return ch
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put publishes a message that is kept, and waits until the server has it.
func put(t *testing.T, ch *amqp.Channel, queue, text string) {
	t.Helper()
	must(t, ch.Confirm(false))
	sent, err := ch.PublishWithDeferredConfirmWithContext(t.Context(), "", queue, true, false, amqp.Publishing{Body: []byte(text), DeliveryMode: amqp.Persistent})
	must(t, err)
	if !sent.Wait() {
		t.Fatal("the message was refused")
	}
}

func queue(t *testing.T, ch *amqp.Channel, name string) {
	t.Helper()
	_, err := ch.QueueDeclare(name, true, false, false, false, nil)
	must(t, err)
}

// waiting returns how many messages wait in a queue, or an error if there is
// none.
func waiting(t *testing.T, conn *amqp.Connection, name string) (int, error) {
	t.Helper()
	q, err := channel(t, conn).QueueDeclarePassive(name, true, false, false, false, nil)
	return q.Messages, err
}

func isBound(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsBound(t, rabbitmq.New(), e, b)
}

func isGone(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsGone(t, rabbitmq.New(), e, b)
}

// ask asks the management API as a user and returns the status.
func ask(t *testing.T, e seedbed.Endpoint, user string, password seedbed.Secret, method, path string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+net.JoinHostPort(e.Host, strconv.Itoa(e.AdminPort))+"/api"+path, nil)
	must(t, err)
	request.SetBasicAuth(user, password.Reveal())
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	answer.Body.Close()
	return answer.StatusCode
}

// One server for all that can share it: starting one takes long.
func TestKind(t *testing.T) {
	c, e := server(t)
	k := rabbitmq.New()

	t.Run("each site uses its own virtual host and no other", func(t *testing.T) {
		one, two := binding("s1-guide"), binding("s2-clinic")
		must(t, k.Ensure(t.Context(), e, one))
		must(t, k.Ensure(t.Context(), e, two))
		_, ch := mustOpen(t, e, two)
		queue(t, ch, "mail")
		put(t, ch, "mail", "hidden")
		for _, foreign := range []string{two.Name, "/", ""} {
			if _, err := open(t, e, one, foreign); err == nil {
				t.Errorf("%s could connect to %q", one.Name, foreign)
			}
		}
		wrong := one
		wrong.Password = two.Password
		if _, err := open(t, e, wrong, one.Name); !errors.Is(err, amqp.ErrCredentials) {
			t.Errorf("a wrong password gave %v", err)
		}
		conn, _ := mustOpen(t, e, one)
		if _, err := waiting(t, conn, "mail"); err == nil {
			t.Error("a queue of another site is there")
		}
	})

	t.Run("a site does not administer anything", func(t *testing.T) {
		b := binding("s1-guide")
		for _, path := range []string{"/overview", "/whoami", "/users", "/vhosts", "/queues", "/queues/s1-guide", "/definitions", "/connections", "/permissions", "/nodes"} {
			if status := ask(t, e, b.Name, b.Password, http.MethodGet, path); status != http.StatusUnauthorized {
				t.Errorf("%s answers a site with %d", path, status)
			}
		}
		if status := ask(t, e, b.Name, b.Password, http.MethodDelete, "/vhosts/s2-clinic"); status != http.StatusUnauthorized {
			t.Errorf("deleting another's virtual host answers %d", status)
		}
		_, ch := mustOpen(t, e, b)
		if _, err := ch.Consume("amq.rabbitmq.trace", "", true, false, false, false, nil); err == nil {
			t.Error("a site could listen to the traces")
		}
	})

	t.Run("nobody else can sign in", func(t *testing.T) {
		for _, user := range []string{"guest", "admin", ""} {
			for _, password := range []seedbed.Secret{"guest", "", adminPassword} {
				if status := ask(t, e, user, password, http.MethodGet, "/whoami"); status != http.StatusUnauthorized {
					t.Errorf("%q signs in: %d", user, status)
				}
			}
		}
		// The server takes three seconds for each refusal.
		if _, err := open(t, e, seedbed.Binding{Name: "guest", Password: "guest"}, "/"); err == nil {
			t.Error("guest signs in")
		}
	})

	t.Run("repeating Ensure keeps what is stored and sets the password", func(t *testing.T) {
		b := binding("s4-again")
		must(t, k.Ensure(t.Context(), e, b))
		_, ch := mustOpen(t, e, b)
		queue(t, ch, "kept")
		put(t, ch, "kept", "x")
		b.Password = "another secret"
		if isBound(t, e, b) {
			t.Error("bound with a password that was not set yet")
		}
		must(t, k.Ensure(t.Context(), e, b))
		if !isBound(t, e, b) {
			t.Error("not bound with the new password")
		}
		conn, _ := mustOpen(t, e, b)
		if n, err := waiting(t, conn, "kept"); n != 1 || err != nil {
			t.Errorf("there are %d messages, %v", n, err)
		}
	})

	t.Run("halves are completed", func(t *testing.T) {
		for name, path := range map[string]string{"s5-vhost": "/vhosts/s5-vhost", "s6-user": "/users/s6-user"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+net.JoinHostPort(e.Host, strconv.Itoa(e.AdminPort))+"/api"+path, strings.NewReader(`{"password_hash":"","tags":""}`))
			must(t, err)
			request.SetBasicAuth("seedbed", adminPassword)
			answer, err := http.DefaultClient.Do(request)
			must(t, err)
			answer.Body.Close()
			b := binding(name)
			if answer.StatusCode != http.StatusCreated || isBound(t, e, b) || isGone(t, e, b) {
				t.Errorf("half a binding %s (%d) counts as bound or as gone", name, answer.StatusCode)
			}
			must(t, k.Ensure(t.Context(), e, b))
			mustOpen(t, e, b)
		}
	})

	t.Run("Rotate shuts out who has the old password", func(t *testing.T) {
		b := binding("s8-leaked")
		must(t, k.Ensure(t.Context(), e, b))
		thief, ch := mustOpen(t, e, b)
		queue(t, ch, "kept")
		put(t, ch, "kept", "x")
		ended := thief.NotifyClose(make(chan *amqp.Error, 1))
		imagestest.WaitFor(t, "the server to count the connection", func() bool {
			u, err := k.Usage(t.Context(), e, b)
			return err == nil && u.Connections == 1 && u.Messages == 1 && u.Bytes == 1
		})
		old := b
		b.Password = "a new secret"
		must(t, k.Rotate(t.Context(), e, b))
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("an old connection goes on")
		}
		if isBound(t, e, old) || !isBound(t, e, b) {
			t.Error("the old password counts, or the new one does not")
		}
		if _, err := open(t, e, old, old.Name); err == nil {
			t.Error("the old password is let in")
		}
		conn, _ := mustOpen(t, e, b)
		if n, err := waiting(t, conn, "kept"); n != 1 || err != nil {
			t.Errorf("there are %d messages, %v", n, err)
		}
	})

	t.Run("what Dump wrote comes back with Load, and nothing else", func(t *testing.T) {
		b := binding("s9-moving")
		must(t, k.Ensure(t.Context(), e, b))
		_, ch := mustOpen(t, e, b)
		queue(t, ch, "work")
		must(t, ch.ExchangeDeclare("events", "topic", true, false, false, false, nil))
		must(t, ch.QueueBind("work", "site.#", "events", false, nil))
		var dump bytes.Buffer
		must(t, k.Dump(t.Context(), e, b, &dump))
		if strings.Contains(dump.String(), "secret") || strings.Contains(dump.String(), "s2-clinic") {
			t.Errorf("the dump holds what it should not: %s", &dump)
		}
		queue(t, ch, "later")
		must(t, ch.ExchangeDelete("events", false, false))
		must(t, k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes())))
		conn, ch := mustOpen(t, e, b)
		must(t, ch.Confirm(false))
		sent, err := ch.PublishWithDeferredConfirmWithContext(t.Context(), "events", "site.made", false, false, amqp.Publishing{Body: []byte("x")})
		must(t, err)
		if !sent.Wait() {
			t.Error("the message was refused")
		}
		if n, err := waiting(t, conn, "work"); n != 1 || err != nil {
			t.Errorf("the binding led %d messages to the queue, %v", n, err)
		}
		if _, err := waiting(t, conn, "later"); err == nil {
			t.Error("what was made later is still there")
		}
		if err := k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes()[:dump.Len()/2])); err == nil {
			t.Error("a dump that is cut off was taken")
		}
		if n, err := waiting(t, conn, "work"); n != 1 || err != nil {
			t.Errorf("a dump that was refused changed something: %d, %v", n, err)
		}
	})

	t.Run("Remove takes all of one site and nothing of another", func(t *testing.T) {
		one, two := binding("s11-leaving"), binding("s2-clinic")
		must(t, k.Ensure(t.Context(), e, one))
		conn, ch := mustOpen(t, e, one)
		queue(t, ch, "mail")
		ended := conn.NotifyClose(make(chan *amqp.Error, 1))
		for range 2 {
			must(t, k.Remove(t.Context(), e, one))
		}
		if !isGone(t, e, one) || isBound(t, e, one) {
			t.Error("something is left")
		}
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("its connection goes on")
		}
		if _, err := k.Usage(t.Context(), e, one); !seedbed.IsNotFound(err) {
			t.Errorf("its usage is %v", err)
		}
		other, _ := mustOpen(t, e, two)
		if n, err := waiting(t, other, "mail"); n != 1 || err != nil {
			t.Errorf("the other site has %d messages, %v", n, err)
		}
	})

	t.Run("one site cannot take all connections", func(t *testing.T) {
		b := binding("s12-greedy")
		must(t, k.Ensure(t.Context(), e, b))
		refused := false
		for range 51 {
			_, err := open(t, e, b, b.Name)
			refused = refused || err != nil
		}
		if !refused || !isBound(t, e, b) {
			t.Error("51 connections were allowed, or a busy site does not count as bound")
		}
		must(t, k.Check(t.Context(), e))
	})

	t.Run("no password is in the log", func(t *testing.T) {
		if said := c.Logs(); strings.Contains(said, "secret") || strings.Contains(said, "administrator's") {
			t.Errorf("the log holds a password:\n%s", said)
		}
	})

	t.Run("what was begun ends well after the server was killed in the middle", func(t *testing.T) { survive(t, c, e) })
}
