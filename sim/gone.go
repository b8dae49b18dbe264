package sim

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// missing is a stream, or a consumer by its number, that the server does not have.
type missing struct {
	what  string
	shard int32
}

// endOf has the reasons of a run that endOf without what it was about, by the server's error code.
var endOf = map[int32]string{history.NoStream: history.EndNoStream, history.NoConsumer: history.EndNoConsumer}

// absent is the server's error code in an answer that there is no such stream, or consumer; 0 for any other error, and for none.
func absent(err error) int32 {
	var api *jetstream.APIError
	if errors.As(err, &api) && endOf[int32(api.ErrorCode)] != "" {
		return int32(api.ErrorCode)
	}
	return 0
}

// notice writes down, once, that the server no longer has the stream or a consumer. err is its answer to a question about the
// consumer; without an error it has both.
func (w *watcher) notice(shard int32, err error) {
	stream, consumer := missing{what: refusedStream}, missing{refusedConsumer, shard}
	what := stream
	switch code := absent(err); {
	case err == nil:
		delete(w.missing, stream)
		delete(w.missing, consumer)
		return
	case code == 0:
		return
	case code == history.NoConsumer:
		what = consumer
	}
	if w.missing[what] {
		return
	}
	w.missing[what] = true
	w.run.site.rec.write(w.log, &history.Event{Kind: history.Gone, Shard: what.shard, Target: what.what, Status: absent(err)})
}
