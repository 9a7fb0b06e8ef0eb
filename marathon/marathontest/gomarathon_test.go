package marathontest_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	gomarathon "github.com/gambol99/go-marathon"

	"seedbed/marathon/onebox"
)

// goMarathon is the client that many Go programs use, as it is.
type goMarathon struct {
	*testing.T
	gomarathon.Marathon
}

func openGoMarathon(t *testing.T, adjust ...func(*gomarathon.Config)) goMarathon {
	t.Helper()
	cfg := gomarathon.NewDefaultConfig()
	cfg.URL = serve(t, onebox.Config{User: "marathon", Password: "four quiet garden gates"})
	cfg.HTTPBasicAuthUser, cfg.HTTPBasicPassword = "marathon", "four quiet garden gates"
	cfg.EventsTransport = gomarathon.EventsTransportSSE
	cfg.HTTPClient = &http.Client{Timeout: 20 * time.Second}
	cfg.HTTPSSEClient = &http.Client{}
	cfg.PollingWaitTime = 10 * time.Millisecond
	for _, f := range adjust {
		f(&cfg)
	}
	client, err := gomarathon.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return goMarathon{t, client}
}

// web is an app as a program of go-marathon defines it: with nulls for what it
// does not say.
func web(id string) *gomarathon.Application {
	app := gomarathon.NewDockerApplication().Name(id).CPU(0.01).Memory(32).Count(1).AddLabel("a", "b").AddEnv("C", "d")
	app.Container.Docker.Container("busybox:1")
	app.Container.Expose(8080)
	app.Networks = &[]gomarathon.PodNetwork{*gomarathon.NewBridgePodNetwork()}
	return app
}

// must ends the test if a call of the client failed.
func (c goMarathon) must(what string, err error) {
	c.Helper()
	if err != nil {
		c.Fatalf("%s: %v", what, err)
	}
}

// is notes a difference.
func is[T comparable](c goMarathon, what string, got, want T) {
	c.Helper()
	if got != want {
		c.Errorf("%s is %v, want %v", what, got, want)
	}
}

// settled waits for a deployment, as the client does.
func (c goMarathon) settled(d *gomarathon.DeploymentID, err error) {
	c.Helper()
	c.must("begin a deployment", err)
	c.must("wait for the deployment", c.WaitOnDeployment(d.DeploymentID, 20*time.Second))
}

func TestGoMarathon_KeepsApps(t *testing.T) {
	c := openGoMarathon(t)
	made, err := c.CreateApplication(web("/shop/web"))
	c.must("create", err)
	is(c, "the id", made.ID, "/shop/web")
	c.settled(made.DeploymentIDs()[0], nil)
	c.must("wait for the app", c.WaitOnApplication("/shop/web", 20*time.Second))
	ok, err := c.ApplicationOK("/shop/web")
	c.must("is it well", err)
	is(c, "the app is well", ok, true)
	ids, err := c.ListApplications(url.Values{"label": {"a==b"}})
	c.must("list", err)
	is(c, "the listed apps", slices.Equal(ids, []string{"/shop/web"}), true)
	deployments, err := c.ApplicationDeployments("/shop/web")
	c.must("deployments", err)
	is(c, "deployments of a settled app", len(deployments), 0)
	c.settled(c.ScaleApplicationInstances("/shop/web", 2, true))
	c.settled(c.RestartApplication("/shop/web", true))
	app, err := c.ApplicationBy("/shop/web", &gomarathon.GetAppOpts{Embed: []string{"app.tasks", "app.taskStats"}})
	c.must("read", err)
	is(c, "instances", *app.Instances, 2)
	is(c, "tasks", len(app.Tasks), 2)
	is(c, "the environment", (*app.Env)["C"], "d")
	is(c, "the port", (*app.Container.PortMappings)[0].ContainerPort, 8080)
	app.Version, app.Tasks = "", nil
	c.settled(c.UpdateApplication(app.CPU(0.02), true))
	c.settled(c.DeleteApplication("/shop/web", true))
	_, err = c.Application("/shop/web")
	apiError, _ := err.(*gomarathon.APIError)
	is(c, "the error of what is gone", apiError != nil && apiError.ErrCode == gomarathon.ErrCodeNotFound, true)
}

func TestGoMarathon_GoesBackToAVersion(t *testing.T) {
	c := openGoMarathon(t)
	_, err := c.CreateApplication(web("/web").Count(0))
	c.must("create", err)
	first, err := c.ApplicationVersions("/web")
	c.must("versions", err)
	c.must("wait", c.WaitOnApplication("/web", 20*time.Second))
	c.settled(c.ScaleApplicationInstances("/web", 1, true))
	there, err := c.HasApplicationVersion("/web", first.Versions[0])
	c.must("has the version", err)
	is(c, "the version is there", there, true)
	c.settled(c.SetApplicationVersion("/web", &gomarathon.ApplicationVersion{Version: first.Versions[0]}))
	old, err := c.ApplicationByVersion("/web", first.Versions[0])
	c.must("the version", err)
	now, err := c.Application("/web")
	c.must("read", err)
	is(c, "instances", *now.Instances, *old.Instances)
	_, err = c.SetApplicationVersion("/web", &gomarathon.ApplicationVersion{Version: "2015-01-01T00:00:00.000Z"})
	is(c, "a version that is not there is an error", err != nil, true)
}

func TestGoMarathon_KillsTasks(t *testing.T) {
	c := openGoMarathon(t)
	_, err := c.CreateApplication(web("/web").Count(2))
	c.must("create", err)
	c.must("wait", c.WaitOnApplication("/web", 20*time.Second))
	all, err := c.AllTasks(&gomarathon.AllTasksOpts{Status: "running"})
	c.must("all tasks", err)
	is(c, "running tasks", len(all.Tasks), 2)
	is(c, "the service port", all.Tasks[0].ServicePorts[0] >= 10000, true)
	endpoints, err := c.TaskEndpoints("/web", 8080, false)
	c.must("endpoints", err)
	is(c, "endpoints", len(endpoints), 2)
	c.must("kill one", c.KillTasks([]string{all.Tasks[0].ID}, nil))
	killed, err := c.KillApplicationTasks("/web", &gomarathon.KillApplicationTasksOpts{Host: all.Tasks[0].Host})
	c.must("kill the app's", err)
	is(c, "some are killed", len(killed.Tasks) > 0, true)
	c.must("wait", c.WaitOnApplication("/web", 20*time.Second))
	tasks, err := c.Tasks("/web")
	c.must("tasks", err)
	is(c, "tasks", len(tasks.Tasks), 2)
	is(c, "a task is another", tasks.Tasks[0].ID != all.Tasks[0].ID && tasks.Tasks[1].ID != all.Tasks[0].ID, true)
}

func TestGoMarathon_KeepsGroups(t *testing.T) {
	c := openGoMarathon(t)
	group := gomarathon.NewApplicationGroup("/shop").App(web("/shop/web").Count(0))
	c.must("create", c.CreateGroup(group))
	c.must("wait", c.WaitOnGroup("/shop", 20*time.Second))
	there, err := c.HasGroup("/shop")
	c.must("has the group", err)
	is(c, "the group is there", there, true)
	got, err := c.GroupBy("/shop", &gomarathon.GetGroupOpts{Embed: []string{"group.apps", "group.groups"}})
	c.must("read", err)
	is(c, "its apps", len(got.Apps), 1)
	all, err := c.Groups()
	c.must("list", err)
	is(c, "groups below the root", all.Groups[0].ID, "/shop")
	c.settled(c.UpdateGroup("/shop", gomarathon.NewApplicationGroup("/shop").App(web("/shop/web").Count(1)), true))
	c.settled(c.DeleteGroup("/shop", true))
	there, err = c.HasGroup("/shop")
	c.must("has the group", err)
	is(c, "the group is there", there, false)
}

func TestGoMarathon_HearsEvents(t *testing.T) {
	c := openGoMarathon(t)
	events, err := c.AddEventsListener(gomarathon.EventIDApplications | gomarathon.EventIDDeploymentSuccess | gomarathon.EventIDDeploymentInfo)
	c.must("listen", err)
	_, err = c.CreateApplication(web("/web"))
	c.must("create", err)
	heard := map[string]bool{}
	limit := time.After(20 * time.Second)
	for !heard["status_update_event"] || !heard["deployment_success"] || !heard["deployment_info"] {
		select {
		case event := <-events:
			heard[event.Name] = true
			if update, is := event.Event.(*gomarathon.EventStatusUpdate); is && update.AppID != "/web" {
				t.Errorf("an update is about %q", update.AppID)
			}
		case <-limit:
			t.Fatalf("heard only of %v", heard)
		}
	}
}

func TestGoMarathon_HearsEventsByCallback(t *testing.T) {
	c := openGoMarathon(t, func(cfg *gomarathon.Config) {
		cfg.EventsTransport, cfg.EventsInterface, cfg.EventsPort = gomarathon.EventsTransportCallback, "lo", 0
	})
	const address = "http://127.0.0.1:9/events"
	c.must("subscribe", c.Subscribe(address))
	list, err := c.Subscriptions()
	c.must("subscriptions", err)
	is(c, "the callback is listed", slices.Contains(list.CallbackURLs, address), true)
	c.must("unsubscribe", c.Unsubscribe(address))
	list, err = c.Subscriptions()
	c.must("subscriptions", err)
	is(c, "the callback is listed", slices.Contains(list.CallbackURLs, address), false)
}

func TestGoMarathon_AsksWhoIsThere(t *testing.T) {
	c := openGoMarathon(t)
	ok, err := c.Ping()
	c.must("ping", err)
	is(c, "pong", ok, true)
	leader, err := c.Leader()
	c.must("leader", err)
	is(c, "the leader", "http://"+leader, c.GetMarathonURL())
	info, err := c.Info()
	c.must("info", err)
	is(c, "the name", info.Name, "marathon")
	is(c, "the leader in info", info.Leader, leader)
	pods, err := c.SupportsPods()
	c.must("pods", err)
	is(c, "there are pods", pods, false)
}

func TestGoMarathon_FollowsDeploymentsAndTheQueue(t *testing.T) {
	c := openGoMarathon(t)
	app := web("/web")
	app.AddConstraint("hostname", "LIKE", "no-machine-is-called-so")
	made, err := c.CreateApplication(app)
	c.must("create", err)
	id := made.DeploymentIDs()[0].DeploymentID
	there, err := c.HasDeployment(id)
	c.must("has the deployment", err)
	is(c, "the deployment is there", there, true)
	list, err := c.Deployments()
	c.must("deployments", err)
	is(c, "the affected app", list[0].AffectedApps[0], "/web")
	is(c, "the steps", len(list[0].Steps), 2)
	queue := c.awaitQueue()
	is(c, "what waits", queue.Items[0].Application.ID, "/web")
	is(c, "how many", queue.Items[0].Count, 1)
	c.must("end the delay", c.DeleteQueueDelay("/web"))
	_, err = c.UpdateApplication(web("/web").CPU(0.02), false)
	apiError, _ := err.(*gomarathon.APIError)
	is(c, "a locked app is an error of its kind", apiError != nil && apiError.ErrCode == gomarathon.ErrCodeAppLocked, true)
	c.settled(c.DeleteDeployment(id, false))
	ok, err := c.ListApplications(nil)
	c.must("list", err)
	is(c, "apps after going back", len(ok), 0)
}

// awaitQueue waits until something waits.
func (c goMarathon) awaitQueue() *gomarathon.Queue {
	c.Helper()
	for range 500 {
		queue, err := c.Queue()
		c.must("queue", err)
		if len(queue.Items) > 0 {
			return queue
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.Fatal("nothing waits")
	return nil
}
