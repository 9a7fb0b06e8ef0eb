// Stands in for a module that is gone; see the README above.
module github.com/docker/leadership

go 1.26
