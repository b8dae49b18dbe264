package sim

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter runs functions one by one on a thread that lives as long as this process: Linux sends the signal that a child
// has asked for (prctl(2), PR_SET_PDEATHSIG) when the thread ends that started it, not the process.
var starter = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go startAll(starts)
	return starts
})

func startAll(starts <-chan func()) {
	runtime.LockOSThread()
	for start := range starts {
		start()
	}
}

// startProcess starts a child that ends with this process, however that ends, and even if the child stands still.
func startProcess(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	starter() <- func() { done <- cmd.Start() }
	return <-done
}
