package sim

// host gives a worker its lives: as goroutines of this process, or as processes. All of them run one and the same body.
type host interface {
	// ready returns once the worker's first life can begin without delay.
	ready()
	// next is the worker's next life, which has not begun.
	next(number int32) (incarnation, error)
	// close gives back what lives have in common; they are over.
	close() error
}

// incarnation is one life of a worker, for those who break workers and watch them.
type incarnation interface {
	// begin lets it live; it returns at once.
	begin() error
	alive() bool
	// over is closed when it is.
	over() <-chan struct{}
	// die ends it at once: nothing is flushed, handlers never end. It returns false if it was over already.
	die() bool
	// drain asks it to finish what it works on, to do with what waits as buffer says, and to stop. It returns false if it
	// is stopping already.
	drain(buffer string) bool
	// leaving reports whether it drains.
	leaving() bool
	// freeze makes everything inside stand still, and its connections with it, or ends that.
	freeze(on bool)
	// setSlow puts a factor on the service times of messages begun from now on.
	setSlow(factor float64)
	// hands is how many messages arrived and are not handled, and how many handlers are in service.
	hands() (held, serving int64)
}

// goroutines is the host of lives inside this process.
type goroutines struct {
	run  *run
	body *body
}

func (g goroutines) next(number int32) (incarnation, error) {
	g.body.network.freeze(false)
	return &goroutine{newLife(g.body, number, newShared()), g.run}, nil
}

func (g goroutines) ready() {}

func (g goroutines) close() error { return g.body.close() }

// goroutine is a life inside this process.
type goroutine struct {
	*life
	run *run
}

func (g *goroutine) begin() error {
	g.run.lives.Go(g.b.plan.Name, g.live)
	return nil
}
