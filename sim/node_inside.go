package sim

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/logger"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"pindrop/sim/assertion"
	"pindrop/sim/disk"
)

// serverInside is a server of a cluster that is inside this process, which is a guest: there Go's network is in memory, and a
// listening server does not stop virtual time.
type serverInside struct {
	server *natsserver.Server
	log    *fatalLogger
	said   *assertion.Server   // what it asserts
	crash  func(imaging) error // leaves the server behind
	ended  chan struct{}
	end    func() // closes that, once
}

// launchInside starts a node's server in this process. One that was there before may not be quite gone: the new one gets
// ports and ways of its own, and the others find it where the node's name is.
func (p *processes) launchInside(n *node, fell func(error)) error {
	if n.number > 0 {
		if err := p.layout.renew(p, n); err != nil {
			return err
		}
	}
	return n.begin(func() (serverLife, error) {
		options, err := natsserver.ProcessConfigFile(n.config)
		if err != nil {
			return nil, err
		}
		options.NoSigs = true
		s := &serverInside{said: p.ears.listen(n.name, n.number+1), crash: func(i imaging) error { return p.abandon(n, i) }, ended: make(chan struct{})}
		s.end = sync.OnceFunc(func() {
			s.said.Leave()
			close(s.ended)
		})
		s.said.Run(func() {
			if s.server, err = natsserver.NewServer(options); err == nil {
				err = s.start(n, options)
			}
		})
		if err != nil {
			return nil, err
		}
		go func() {
			s.server.WaitForShutdown()
			s.end()
		}()
		return s, nil
	}, fell)
}

// start starts the server, and returns once it listens, or has given up.
func (s *serverInside) start(n *node, options *natsserver.Options) error {
	s.log = &fatalLogger{Logger: logger.NewFileLogger(options.LogFile, options.Logtime, options.Debug, options.Trace, true), node: n, end: s.end}
	s.server.SetLoggerV2(s.log, options.Debug, options.Trace, options.TraceVerbose)
	begun := make(chan struct{})
	go func() {
		defer close(begun) // also where it gives up
		s.server.Start()
	}()
	select {
	case <-begun:
	case <-s.ended:
	}
	if text := s.log.fatal(); text != "" {
		go s.server.Shutdown() // for the sake of what it has started
		return errors.New("it gave up: " + text)
	}
	s.log.needed.Store(true)
	return nil
}

// fatalLogger is the log of a server inside a process that is not its own. What would end the process of a server ends this one as
// well where the run needs that server: what it holds it holds for ever, locks too, and then virtual time stands still. Of a server
// that starts, or that is about to end, it ends the goroutine that has given up, and with it the server, as far as anybody sees.
type fatalLogger struct {
	*logger.Logger
	node   *node
	end    func()      // of the server
	needed atomic.Bool // it has started, and nobody means it to end

	mu   sync.Mutex
	text string
}

// Fatalf implements the server's Logger.
func (l *fatalLogger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	l.text = fmt.Sprintf(format, v...)
	l.mu.Unlock()
	l.Errorf(format, v...)
	if l.needed.Load() {
		fmt.Fprintf(os.Stderr, "%s: %s; its log is %s", l.node.name, l.fatal(), l.node.log)
		os.Exit(exitServer)
	}
	l.end()
	runtime.Goexit()
}

// fatal is why the server gave up; "" if it did not.
func (l *fatalLogger) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// imaging makes the disk of a server that ends anew, at another path.
type imaging func(s *disk.System, from, to string) (disk.Loss, error)

// onDisk is a path as the guest's file system knows it.
func onDisk(path string) string { return strings.TrimPrefix(path, disk.Root) }

// asItStands is what a crash leaves of a disk.
func asItStands(s *disk.System, from, to string) (disk.Loss, error) {
	return disk.Loss{}, s.Keep(from, to)
}

// abandon leaves a node's server behind: nobody reaches it, nor it anybody. What is left of its files is on another disk, since
// the server that is left behind may still write.
func (p *processes) abandon(n *node, image imaging) error {
	for _, way := range p.waysOf(n.name) {
		way.network.each((*link).cut)
	}
	to := fmt.Sprintf("%s.%d", filepath.Join(p.dirs.Store, n.name), n.number)
	err := p.disk.Do(func(s *disk.System) (err error) {
		n.lost, err = image(s, onDisk(n.store), onDisk(to))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the files of server %s: %w", n.name, err)
	}
	n.store = to
	return nil
}

func (s *serverInside) signal(sig os.Signal) error {
	switch sig {
	case os.Kill:
		return s.leave(asItStands)
	case signalTerm:
		s.log.needed.Store(false)
		go s.server.Shutdown()
	case signalLameDuck:
		s.log.needed.Store(false)
		go s.server.LameDuckShutdown()
	case signalCont:
	default:
		return fmt.Errorf("a server inside a guest cannot %v", sig)
	}
	return nil
}

// leave ends the server at once, as its process would end.
func (s *serverInside) leave(image imaging) error {
	if closed(s.ended) {
		return os.ErrProcessDone
	}
	if err := s.crash(image); err != nil {
		return err
	}
	s.log.needed.Store(false)
	s.end()
	go s.server.Shutdown() // for the sake of its goroutines
	return nil
}

// losePower ends the server of a node at once, and takes from its disk what was not surely there; false if it was over.
func (n *node) losePower(seed uint64) (disk.Loss, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, inside := n.life.(*serverInside)
	if !inside || !n.running() {
		return disk.Loss{}, false
	}
	n.meant = true
	err := s.leave(func(s *disk.System, from, to string) (disk.Loss, error) { return s.Lose(from, to, seed) })
	if err != nil {
		return disk.Loss{}, false
	}
	return n.lost, true
}

// age lets time go by for the disks, until the run is over: kernels write on their own.
func (p *processes) age() {
	p.aged = make(chan struct{})
	stop := p.aged
	go func() {
		every := time.NewTicker(disk.TickSeconds * time.Second)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				_ = p.disk.Do(func(s *disk.System) error {
					s.Tick()
					return nil
				})
			case <-stop:
				return
			}
		}
	}()
}

func (s *serverInside) over() <-chan struct{} { return s.ended }

func (s *serverInside) last() (string, error) { return s.log.fatal(), errors.New("it shut down") }

func (s *serverInside) pid() int { return 0 }
