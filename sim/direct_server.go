package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// directTries is how often messages are asked for until every server has answered: which one does is drawn each time, and
// with five of them one is missed in less than one of ten thousand runs.
const directTries = 60

// traceWait is how long a trace may be on its way.
const traceWait = time.Second

// traced is a part of a message's trace (MsgTraceEvent of nats-server): what one server did with it.
type traced struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Events []tracedStep `json:"events"`
}

type tracedStep struct {
	Type string `json:"type"`
}

// answers reports whether the server handed the message to a stream of its own: a trace knows no way out for that. Where it
// passed the message on, there is one ("eg").
func (t *traced) answers() bool {
	return len(t.Events) > 0 && !slices.ContainsFunc(t.Events, func(e tracedStep) bool { return e.Type == "eg" })
}

// directTraced asks once for all messages of a stream, and says which server has answered: a direct get goes to a queue group
// of which any server may be drawn, also that of another server than the client's (client.processMsgResults), so the
// request asks to be traced.
func directTraced(nc *nats.Conn, api, stream string, most int) (server string, list []*nats.Msg, err error) {
	inbox, traces := nc.NewInbox(), nc.NewInbox()
	answers, err := nc.SubscribeSync(inbox)
	if err != nil {
		return "", nil, err
	}
	defer answers.Unsubscribe()
	told, err := nc.SubscribeSync(traces)
	if err != nil {
		return "", nil, err
	}
	defer told.Unsubscribe()
	request := nats.NewMsg(api + "DIRECT.GET." + stream)
	request.Reply, request.Data = inbox, fmt.Appendf(nil, `{"seq":1,"batch":%d}`, most)
	request.Header.Set("Nats-Trace-Dest", traces)
	if err := nc.PublishMsg(request); err != nil {
		return "", nil, err
	}
	_, _, err = directOf(answers, func(m *nats.Msg) error {
		list = append(list, m)
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	for {
		msg, err := told.NextMsg(traceWait)
		if err != nil {
			return "", nil, fmt.Errorf("nobody says who answered: %w", err)
		}
		var t traced
		if json.Unmarshal(msg.Data, &t) == nil && t.answers() {
			return t.Server.Name, list, nil
		}
	}
}

// perServer reads all messages of a stream from each of some servers. Those that never answered are missing.
func (r *run) perServer(wanted []string) (map[string][]*nats.Msg, error) {
	all := map[string][]*nats.Msg{}
	if len(wanted) == 0 {
		return all, nil
	}
	nc, err := connect("reader", anyOf(r.server), r.server.options()...)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	var last error
	for range directTries {
		server, list, err := directTraced(nc, r.site.api, r.site.stream, entriesMax)
		if err != nil {
			if last = err; errors.Is(err, nats.ErrConnectionClosed) {
				break
			}
			continue
		}
		all[server] = list
		if !slices.ContainsFunc(wanted, func(name string) bool { _, ok := all[name]; return !ok }) {
			return all, nil
		}
	}
	return all, errors.Join(errors.New("not every server answered"), last)
}
