package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
)

// revisionsBatch is how many revisions the watcher asks for at once.
const revisionsBatch = 1000

// revisions writes down every revision of the state, oldest first, as the server keeps them: its own record of every
// write, whoever thinks what of it. It returns how many there are.
func (w *watcher) revisions() (count int64, err error) {
	if w.run.site.plan.Scenario.State == nil {
		return 0, nil
	}
	inbox := w.nc.NewInbox()
	answers, err := w.nc.SubscribeSync(inbox)
	if err != nil {
		return 0, fmt.Errorf("read the state: %w", err)
	}
	defer answers.Unsubscribe()
	for next, more := uint64(1), true; more; {
		request := fmt.Appendf(nil, `{"seq":%d,"batch":%d}`, next, revisionsBatch)
		subject := w.run.site.api + "DIRECT.GET." + bucketStream(w.run.site.stream)
		if err := w.nc.PublishRequest(subject, inbox, request); err != nil {
			return count, fmt.Errorf("read the state: %w", err)
		}
		read, last, err := w.revisionsOf(answers)
		if err != nil {
			return count, fmt.Errorf("read the state from revision %d: %w", next, err)
		}
		count, next, more = count+read, last+1, read == revisionsBatch
	}
	return count, nil
}

// revisionsOf writes down what one request is answered with: revisions, then a status that says that these were all (204),
// or that there are none (404).
func (w *watcher) revisionsOf(answers *nats.Subscription) (count int64, last uint64, err error) {
	for {
		msg, err := answers.NextMsg(apiTimeout)
		if err != nil {
			return count, last, err
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
		case "204", "404":
			return count, last, nil
		default:
			return count, last, fmt.Errorf("status %s: %s", status, msg.Header.Get("Description"))
		}
		e, err := w.revision(msg)
		if err != nil {
			return count, last, err
		}
		w.run.site.rec.write(w.log, e)
		count, last = count+1, e.Revision
	}
}

// revision reads one of them.
func (w *watcher) revision(msg *nats.Msg) (*history.Event, error) {
	var v value
	if err := json.Unmarshal(msg.Data, &v); err != nil {
		return nil, fmt.Errorf("an entry that is none: %w", err)
	}
	stored, err := time.Parse(time.RFC3339Nano, msg.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return nil, err
	}
	if v.revision, err = strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64); err != nil {
		return nil, err
	}
	key := strings.TrimPrefix(msg.Header.Get("Nats-Subject"), "$KV."+w.run.site.stream+".")
	return v.written(key, int64(stored.Sub(w.run.site.rec.origin))), nil
}
