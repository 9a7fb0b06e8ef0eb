package seedbed

import "time"

// TaskID names one run of a workload's container. It is never used again.
type TaskID string

// Task is one run of a workload's container, as the engine knows it. Its
// logs can be read for some time after its end.
type Task struct {
	ID       TaskID
	Workload WorkloadID
	Machine  MachineID // on which it runs or ran; empty while it waits for one
	State    TaskState
	Began    time.Time // zero if that is not known
	Ended    time.Time // zero while it runs
}

// TaskState is how a task is, or how it ended.
type TaskState string

// The states of tasks.
const (
	TaskStarting TaskState = "starting"
	TaskRunning  TaskState = "running"
	TaskStopping TaskState = "stopping"
	TaskUnseen   TaskState = "unseen"   // the engine cannot tell now whether it runs
	TaskStopped  TaskState = "stopped"  // on purpose
	TaskFinished TaskState = "finished" // by itself, without an error
	TaskFailed   TaskState = "failed"
	TaskLost     TaskState = "lost" // it is gone, and nobody saw how it ended
)

// HasEnded reports whether it surely does not run any more.
func (s TaskState) HasEnded() bool {
	return s == TaskStopped || s == TaskFinished || s == TaskFailed || s == TaskLost
}

// LogName is one of the two streams that a container prints.
type LogName string

// The two streams.
const (
	Stdout LogName = "stdout"
	Stderr LogName = "stderr"
)

// LogPart is a piece of a log: the bytes from From up to To, of Size bytes that
// there are at this moment. A log can become shorter, when its older part is put
// aside.
type LogPart struct {
	Text           string // as it was printed: it may hold anything
	From, To, Size int64
}

// TaskUsage is what a task uses at a moment.
type TaskUsage struct {
	At          time.Time
	Memory      int64 // bytes
	MemoryLimit int64 // bytes; 0 for none
	// CPUs is how many processors it kept busy lately; negative if that is not
	// known yet, for it takes two looks.
	CPUs      float64
	CPUsLimit float64
}
