package sim

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// setUp makes stream and consumers and everybody who acts, but starts nobody.
func (r *run) setUp(logs string, last *pulse) (err error) {
	if r.nc, err = connect(history.Runner, anyOf(r.server), r.asker()...); err != nil {
		return err
	}
	if r.js, err = openJetStream(r.nc, r.site.api); err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	if r.site.rec, err = newRecorder(logs, last); err != nil {
		return err
	}
	r.site.rec.failed = r.fail
	r.listen()
	r.log, r.hosts = r.site.rec.open(history.Runner, ""), r.site.rec.open(history.Host, "")
	if err := r.hangBoard(); err != nil {
		return err
	}
	if r.watcher, err = newWatcher(r); err != nil {
		return err
	}
	if err := r.create(); err != nil {
		return err
	}
	r.watcher.meet()
	if err := r.watcher.config(r.site.shards()); err != nil {
		return err
	}
	if r.nemesis, err = newNemesis(r); err != nil {
		return err
	}
	for i := range r.site.plan.Workers {
		w, err := newWorker(r, i)
		if err != nil {
			return err
		}
		r.workers[w.plan.Name] = w
		r.order = append(r.order, w)
	}
	for i := range r.site.plan.Publishers {
		p, err := newPublisher(r, &r.site.plan.Publishers[i])
		if err != nil {
			return err
		}
		r.publishers = append(r.publishers, p)
	}
	for _, w := range r.order {
		w.host.ready()
	}
	return nil
}

// hangBoard makes the board where every worker of the run sees it.
func (r *run) hangBoard() (err error) {
	r.site.board, r.takeBoard = &board{}, func() error { return nil }
	if slices.ContainsFunc(r.site.plan.Scenario.Workers, func(w scenarios.Workers) bool { return r.apart(&w) }) {
		r.site.board, r.takeBoard, err = mapPage[board](filepath.Join(r.site.rec.dir, boardPage))
	}
	if err == nil {
		r.site.board.clear()
	}
	return err
}

// create makes the stream, the consumers and the state as the scenario configures them.
func (r *run) create() error {
	stream := r.site.plan.Scenario.Stream.StreamConfig
	stream.Name, stream.Subjects = r.site.stream, []string{r.site.subjects + ">"}
	stream.Metadata = r.marked(stream.Metadata)
	stream.AllowDirect = stream.AllowDirect || r.converges()
	err := r.insist(func(ctx context.Context) error {
		_, err := r.js.CreateStream(ctx, stream)
		return err
	})
	e, elsewhere := r.server.(*external)
	if err != nil && elsewhere {
		if inTheWay := e.inTheWay(r.nc, r.js); inTheWay != nil {
			return fmt.Errorf("%w: %s: %w", ErrUnfit, e.where, inTheWay)
		}
	}
	if err != nil {
		return r.refused(refusedStream, 0, err)
	}
	if elsewhere {
		if err := e.publishable(r.site.subjects); err != nil {
			return err
		}
	}
	now := time.Now() // the same for every consumer, and for every try to create one
	for _, shard := range r.site.shards() {
		consumer := r.site.plan.Scenario.Requested(now)
		consumer.Name, consumer.Durable = consumerOf(shard), consumerOf(shard)
		consumer.FilterSubject = r.site.subjectsOf(shard)
		err := r.insist(func(ctx context.Context) error {
			_, err := r.js.CreateConsumer(ctx, r.site.stream, consumer)
			return err
		})
		if err != nil {
			return r.refused(refusedConsumer, shard, err)
		}
	}
	if err := r.insist(r.createState); err != nil {
		return err
	}
	if elsewhere && r.site.plan.Scenario.State != nil {
		if err := e.publishable(keysOf(r.site.api) + r.site.stream + "."); err != nil {
			return err
		}
	}
	return r.insist(r.replicated)
}

// replicated says why a consumer, or the stream, is not yet led and followed by all who should; nil if they are.
func (r *run) replicated(context.Context) error {
	if r.patience == 0 {
		return nil
	}
	var missing error
	err := r.watcher.each(r.site.shards(), func(_ int32, stream streamState, consumer consumerState) {
		missing = errors.Join(missing, stream.Cluster.complete(), consumer.Cluster.complete())
	})
	return errors.Join(err, missing)
}
