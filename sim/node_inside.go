package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"pindrop/sim/disk"
)

// serverInside is a server of a cluster that is inside this process, which is a guest: there Go's network is in memory, and a
// listening server does not stop virtual time.
type serverInside struct {
	server *natsserver.Server
	crash  func(disk.Order) error // leaves the server behind, and does with its files what the order says
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
		server, err := natsserver.NewServer(options)
		if err != nil {
			return nil, err
		}
		server.ConfigureLogger()
		server.Start()
		s := &serverInside{server: server, crash: func(o disk.Order) error { return p.abandon(n, o) }, ended: make(chan struct{})}
		s.end = sync.OnceFunc(func() { close(s.ended) })
		go func() {
			server.WaitForShutdown()
			s.end()
		}()
		return s, nil
	}, fell)
}

// abandon leaves a node's server behind: nobody reaches it, nor it anybody. What the order leaves of its files is on another
// disk, since the server that is left behind may still write.
func (p *processes) abandon(n *node, o disk.Order) (err error) {
	for _, way := range p.waysOf(n.name) {
		way.network.each((*link).cut)
	}
	image := fmt.Sprintf("%s.%d", filepath.Join(p.dirs.Store, n.name), n.number)
	root := filepath.Dir(p.dirs.Disk)
	if o.From, err = filepath.Rel(root, n.store); err != nil {
		return err
	}
	if o.To, err = filepath.Rel(root, image); err != nil {
		return err
	}
	told, err := disk.Tell(p.dirs.Disk, o)
	if err != nil {
		return fmt.Errorf("keep the files of server %s: %w", n.name, err)
	}
	n.store, n.lost = image, told.Loss
	return nil
}

func (s *serverInside) signal(sig os.Signal) error {
	switch sig {
	case os.Kill:
		return s.leave(disk.Order{Do: disk.DoKeep})
	case signalTerm:
		go s.server.Shutdown()
	case signalLameDuck:
		go s.server.LameDuckShutdown()
	case signalCont:
	default:
		return fmt.Errorf("a server inside a guest cannot %v", sig)
	}
	return nil
}

// leave ends the server at once, as its process would end.
func (s *serverInside) leave(o disk.Order) error {
	if closed(s.ended) {
		return os.ErrProcessDone
	}
	if err := s.crash(o); err != nil {
		return err
	}
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
	if err := s.leave(disk.Order{Do: disk.DoLose, Seed: seed}); err != nil {
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
				if _, err := disk.Tell(p.dirs.Disk, disk.Order{Do: disk.DoTick}); err != nil {
					p.failed(err)
					return
				}
			case <-stop:
				return
			}
		}
	}()
}

func (s *serverInside) over() <-chan struct{} { return s.ended }

func (s *serverInside) last() (string, error) { return "", nil }

func (s *serverInside) pid() int { return 0 }
