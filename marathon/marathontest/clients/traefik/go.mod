// Tests only: Traefik 1.7, unchanged, against a Marathon. See ../README.md.
module seedbed/marathon/marathontest/clients/traefik

go 1.26

require github.com/traefik/traefik v1.7.34

require (
	github.com/BurntSushi/toml v0.3.1 // indirect
	github.com/BurntSushi/ty v0.0.0-20140213233908-6add9cd6ad42 // indirect
	github.com/Masterminds/goutils v1.1.0 // indirect
	github.com/Masterminds/semver v1.2.2 // indirect
	github.com/Masterminds/sprig v2.19.0+incompatible // indirect
	github.com/abronan/valkeyrie v0.2.0 // indirect
	github.com/cenk/backoff v2.1.1+incompatible // indirect
	github.com/containous/flaeg v1.4.1 // indirect
	github.com/containous/mux v0.0.0-20181024131434-c33f32e26898 // indirect
	github.com/donovanhide/eventsource v0.0.0-20170630084216-b8f31a59085e // indirect
	github.com/gambol99/go-marathon v0.7.2-0.20180614232016-99a156b96fb2 // indirect
	github.com/google/go-querystring v1.1.0 // indirect
	github.com/google/uuid v1.1.2 // indirect
	github.com/gorilla/context v1.1.1 // indirect
	github.com/huandu/xstrings v1.2.0 // indirect
	github.com/imdario/mergo v0.3.7 // indirect
	github.com/mitchellh/hashstructure v1.0.0 // indirect
	github.com/ogier/pflag v0.0.2-0.20160129220114-45c278ab3607 // indirect
	github.com/patrickmn/go-cache v2.1.0+incompatible // indirect
	github.com/ryanuber/go-glob v1.0.0 // indirect
	github.com/sirupsen/logrus v1.8.1 // indirect
	golang.org/x/crypto v0.0.0-20210920023735-84f357641f63 // indirect
	golang.org/x/sys v0.0.0-20210615035016-665e8c7367d1 // indirect
)

replace (
	github.com/abbot/go-http-auth => github.com/containous/go-http-auth v0.4.1-0.20180112153951-65b0cdae8d7f
	github.com/docker/docker => github.com/docker/engine v0.0.0-20190725163905-fa8dd90ceb7b
	github.com/docker/leadership => ./leadership
	github.com/go-check/check => github.com/containous/check v0.0.0-20170915194414-ca0bf163426a
	github.com/mesosphere/mesos-dns => github.com/containous/mesos-dns v0.5.3-rc1.0.20160623212649-b47dc4c19f21
	github.com/rancher/go-rancher-metadata => github.com/containous/go-rancher-metadata v0.0.0-20180116133453-e937e8308985
	gopkg.in/fsnotify.v1 => github.com/fsnotify/fsnotify v1.4.2
)
