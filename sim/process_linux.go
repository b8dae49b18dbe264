package sim

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// A process that pindrop starts must not outlive it, not even stopped by SIGSTOP, when it reads nothing and sees no pipe
// end. On Linux the kernel kills it for us (Pdeathsig); but it does so at the end of the thread that started it, and Go
// ends threads as it likes. So one goroutine, which keeps its thread to itself and never returns, starts them all.
var starters = sync.OnceValue(func() chan<- launch {
	jobs := make(chan launch)
	go startAll(jobs)
	return jobs
})

func startAll(jobs <-chan launch) {
	runtime.LockOSThread()
	for job := range jobs {
		job.done <- job.cmd.Start()
	}
}

// launch is one process to start.
type launch struct {
	cmd  *exec.Cmd
	done chan error
}

// startProcess starts a process that ends with this one, whatever ends this one. It is in a group of its own: Ctrl-C in a
// terminal reaches pindrop, which decides what becomes of it.
func startProcess(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig, cmd.SysProcAttr.Setpgid = syscall.SIGKILL, true
	job := launch{cmd, make(chan error, 1)}
	starters() <- job
	return <-job.done
}
