package sim

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// node is one server that is a process. It comes back under its name, at its address, with its files.
type node struct {
	name   string
	config string // files
	log    string
	port   int    // for clients
	route  int    // for other nodes
	door   *proxy // where clients come in; nil: at the port itself

	mu      sync.Mutex
	cmd     *exec.Cmd
	in      io.Closer // the process ends when it is closed
	said    *head
	ended   chan struct{} // closed when the process has ended
	meant   bool          // that it ends
	number  int32         // of the process, from 1
	refused string
}

// loopback is an address of this machine that no other can reach.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// address is where clients reach the node.
func (n *node) address() string {
	if n.door != nil {
		return n.door.address()
	}
	return loopback(n.port)
}

// start starts cmd as the node's process; an end that nobody meant is told to fell.
func (n *node) start(cmd *exec.Cmd, fell func(error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running() {
		return fmt.Errorf("server %s runs already", n.name)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start server %s: %w", n.name, err)
	}
	said := &head{}
	cmd.Stderr = said
	if err := startProcess(cmd); err != nil {
		return fmt.Errorf("start server %s: %w", n.name, err)
	}
	ended := make(chan struct{})
	n.cmd, n.in, n.said, n.ended, n.meant = cmd, in, said, ended, false
	n.number++
	go func() {
		err := cmd.Wait()
		n.mu.Lock()
		meant := n.meant
		n.refused = strings.TrimSpace(said.String())
		n.mu.Unlock()
		close(ended)
		if !meant {
			fell(err)
		}
	}()
	return nil
}

// running reports whether the process is there. The lock is held.
func (n *node) running() bool {
	return n.cmd != nil && !closed(n.ended)
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
	return n.cmd.Process.Pid, n.number, true
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
	return n.cmd.Process.Signal(s) == nil
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
	ended := n.ended
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
