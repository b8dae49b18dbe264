package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// serverInside is a server of a cluster that is inside this process, which is a guest: there Go's network is in memory, and a
// listening server does not stop virtual time.
type serverInside struct {
	server *natsserver.Server
	crash  func() error // leaves the server behind, as SIGKILL would
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
		s := &serverInside{server: server, crash: func() error { return p.abandon(n) }, ended: make(chan struct{})}
		s.end = sync.OnceFunc(func() { close(s.ended) })
		go func() {
			server.WaitForShutdown()
			s.end()
		}()
		return s, nil
	}, fell)
}

// abandon is what SIGKILL leaves of a node: nobody reaches it, nor it anybody, and its files are as they stood at this
// instant. They are copied, since the server that is left behind may still write.
func (p *processes) abandon(n *node) error {
	for _, way := range p.waysOf(n.name) {
		way.network.each((*link).cut)
	}
	image := fmt.Sprintf("%s.%d", filepath.Join(p.dirs.Store, n.name), n.number)
	if err := os.CopyFS(image, os.DirFS(n.store)); err != nil {
		return fmt.Errorf("keep the files of server %s: %w", n.name, err)
	}
	n.store = image
	return nil
}

func (s *serverInside) signal(sig os.Signal) error {
	switch sig {
	case os.Kill:
		if closed(s.ended) {
			return os.ErrProcessDone
		}
		if err := s.crash(); err != nil {
			return err
		}
		s.end()
		go s.server.Shutdown() // for the sake of its goroutines
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

func (s *serverInside) over() <-chan struct{} { return s.ended }

func (s *serverInside) last() (string, error) { return "", nil }

func (s *serverInside) pid() int { return 0 }
