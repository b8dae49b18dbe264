package sim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"pindrop/sim/disk"
)

// node is one server that pindrop starts, and may break. It comes back under its name, at its address, with its files.
type node struct {
	name   string
	config string // files
	log    string
	store  string // folder
	port   int    // for clients
	route  int    // for other nodes
	door   *proxy // where clients come in; nil: at the port itself

	mu      sync.Mutex
	life    serverLife // the newest; nil before the first
	meant   bool       // that it ends
	number  int32      // of the life, from 1
	refused string
	lost    disk.Loss // of the newest loss of power

	failing map[*failDisk]disk.Failure // what its disk suffers from; only the nemesis looks
}

// serverLife is a server from its start to its end: a process, or inside a guest (node_inside.go) a part of this one.
type serverLife interface {
	signal(os.Signal) error
	over() <-chan struct{} // closed when it has ended
	last() (words string, err error)
	pid() int // 0: it has no process of its own
}

// serverProcess is a server that is a process.
type serverProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser // the process ends when it is closed
	said  head
	ended chan struct{}
	err   error // of its end
}

// newServerProcess starts cmd.
func newServerProcess(cmd *exec.Cmd) (*serverProcess, error) {
	p := &serverProcess{cmd: cmd, ended: make(chan struct{})}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	cmd.Stderr = &p.said
	if err := startProcess(cmd); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its state
		p.err = errors.New(cmd.ProcessState.String())
		close(p.ended)
	}()
	return p, nil
}

func (p *serverProcess) signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

func (p *serverProcess) over() <-chan struct{} { return p.ended }

func (p *serverProcess) last() (words string, err error) { return p.said.String(), p.err }

func (p *serverProcess) pid() int { return p.cmd.Process.Pid }

// loopback is an address of this machine that no other can reach.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// address is where clients reach the node.
func (n *node) address() string {
	if n.door != nil {
		return n.door.address()
	}
	return loopback(n.port)
}

// begin begins a life that start starts; an end that nobody meant is told to fell.
func (n *node) begin(start func() (serverLife, error), fell func(error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running() {
		return fmt.Errorf("server %s runs already", n.name)
	}
	life, err := start()
	if err != nil {
		return fmt.Errorf("start server %s: %w", n.name, err)
	}
	n.life, n.meant = life, false
	n.number++
	go func() {
		<-life.over()
		words, err := life.last()
		n.mu.Lock()
		meant := n.meant
		n.refused = strings.TrimSpace(words)
		n.mu.Unlock()
		if !meant {
			fell(err)
		}
	}()
	return nil
}

// running reports whether the server is there. The lock is held.
func (n *node) running() bool {
	return n.life != nil && !closed(n.life.over())
}

func (n *node) alive() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.running()
}

// process is the id of the process and its number; false if there is none.
func (n *node) process() (pid int, number int32, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running() {
		return 0, 0, false
	}
	return n.life.pid(), n.number, n.life.pid() > 0
}

// trouble is what the process said last before it ended.
func (n *node) trouble() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.refused
}

// signal sends a signal; false if the process is not there to get it.
func (n *node) signal(s os.Signal, ends bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running() {
		return false
	}
	n.meant = n.meant || ends
	return n.life.signal(s) == nil
}

// kill ends the process at once, in whatever state it is, and waits for its end; false if it was over.
func (n *node) kill() bool {
	ok := n.signal(os.Kill, true)
	if ok {
		n.await(time.Hour)
	}
	return ok
}

// await waits until the process has ended; false if it still runs after that time.
func (n *node) await(limit time.Duration) bool {
	n.mu.Lock()
	ended := n.life.over()
	n.mu.Unlock()
	select {
	case <-ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// shutdownMax is how long a server may take to shut down in order.
const shutdownMax = 10 * time.Second

// shutDown ends the process in order, as an operator does; false if it was over.
func (n *node) shutDown() bool {
	if !n.freeze(false) || !n.signal(signalTerm, true) {
		return false
	}
	if !n.await(shutdownMax) {
		n.kill()
	}
	return true
}

// freeze makes the process stand still, or go on; false if it is not there.
func (n *node) freeze(on bool) bool {
	return n.signal(standstill(on), false)
}

// lameDuck asks the process to send its clients away and to end.
func (n *node) lameDuck() bool { return n.signal(signalLameDuck, true) }

func (n *node) close() {
	if n.door != nil {
		n.door.close()
	}
}
