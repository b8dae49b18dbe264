package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// clusterTimeout is how long a cluster may take to elect its first leader and to see all peers.
const clusterTimeout = 60 * time.Second

// group is who keeps replicas of something, as the server says it.
type group struct {
	Leader   string `json:"leader"`
	Replicas []struct {
		Name    string `json:"name"`
		Current bool   `json:"current"`
		Offline bool   `json:"offline"`
		Lag     uint64 `json:"lag"`
	} `json:"replicas"`
}

// complete says why a group is not, nil if it has a leader and everybody is current.
func (g *group) complete() error {
	if g == nil {
		return nil // one server, which needs no group
	}
	if g.Leader == "" {
		return errLeaderless
	}
	for _, r := range g.Replicas {
		if r.Offline || !r.Current {
			return passing(r.Name + " is not current")
		}
	}
	return nil
}

// passing is an error of what is not as it should be yet, and will be by itself.
type passing string

// Error implements error.
func (p passing) Error() string { return string(p) }

// errLeaderless is the error of a group that nobody leads at this moment.
const errLeaderless = passing("nobody leads")

// leader is who leads the group; of none, the only server.
func (g *group) leader() (string, error) {
	switch {
	case g == nil:
		return nodeName(0), nil
	case g.Leader == "":
		return "", errLeaderless
	}
	return g.Leader, nil
}

// report is what a server says of its JetStream.
type report struct {
	Server struct {
		Name    string `json:"name"`
		Version string `json:"ver"`
	} `json:"server"`
	Data struct {
		Disabled bool   `json:"disabled"`
		Meta     *group `json:"meta_cluster"`

		Accounts []struct {
			Name    string          `json:"name"`
			Streams []streamReplica `json:"stream_detail"`
		} `json:"account_details"`
	} `json:"data"`
}

// reports asks all servers, and returns what came back within a moment from as many as there are.
func (p *processes) reports(count int) ([]report, error) {
	return asked[report](p.system, "JSZ", nil, count)
}

// asked asks all servers for one of the reports of their monitoring, each of which answers for itself, and returns what came
// back within a moment from as many as there are.
func asked[T any](system *nats.Conn, what string, options []byte, count int) ([]T, error) {
	inbox := system.NewInbox()
	answers, err := system.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer answers.Unsubscribe()
	if err := system.PublishRequest("$SYS.REQ.SERVER.PING."+what, inbox, options); err != nil {
		return nil, err
	}
	var all []T
	for len(all) < count {
		msg, err := answers.NextMsg(time.Second)
		if errors.Is(err, nats.ErrTimeout) {
			break
		}
		if err != nil {
			return nil, err
		}
		var r T
		if json.Unmarshal(msg.Data, &r) == nil {
			all = append(all, r)
		}
	}
	return all, nil
}

// ready waits until JetStream can be used: all nodes are there, one of them leads, and the others follow it.
func (p *processes) ready(ctx context.Context) error {
	err := patiently(ctx, clusterTimeout, whatever, func() error {
		reports, err := p.reports(len(p.nodes))
		if err == nil {
			err = allReady(reports, len(p.nodes))
		}
		p.told = nil
		for _, r := range reports {
			p.told = append(p.told, version{r.Server.Name, r.Server.Version})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("the servers are not ready after %v: %w", clusterTimeout, errors.Join(err, p.trouble()))
	}
	return nil
}

func allReady(reports []report, count int) error {
	if len(reports) < count {
		return fmt.Errorf("%d of %d answer", len(reports), count)
	}
	if count == 1 {
		return nil
	}
	followed := false
	for _, r := range reports {
		meta := r.Data.Meta
		if meta == nil || meta.Leader == "" {
			return fmt.Errorf("%s knows no leader", r.Server.Name)
		}
		if r.Server.Name != meta.Leader {
			continue
		}
		if len(meta.Replicas) != count-1 {
			return fmt.Errorf("the leader knows %d others", len(meta.Replicas))
		}
		followed = true
		if err := meta.complete(); err != nil {
			return err
		}
	}
	if !followed {
		return errLeaderless
	}
	return nil
}

// metaLeader is who leads the cluster, as most of the nodes that answer see it.
func (p *processes) metaLeader() (string, error) {
	if len(p.nodes) == 1 {
		return p.nodes[0].name, nil
	}
	reports, err := p.reports(len(p.nodes))
	if err != nil {
		return "", err
	}
	votes := map[string]int{}
	for _, r := range reports {
		if r.Data.Meta != nil {
			votes[r.Data.Meta.Leader]++
		}
	}
	for name, n := range votes {
		if name != "" && n > len(p.nodes)/2 {
			return name, nil
		}
	}
	return "", errLeaderless
}

// stepDownMeta asks the leader of the cluster to step down.
func (p *processes) stepDownMeta() error {
	return command(p.system, apiPrefix+"META.LEADER.STEPDOWN")
}

// command asks the JetStream API for something of which nobody wants to know more than whether it was done.
func command(nc *nats.Conn, subject string) error {
	msg, err := nc.Request(subject, nil, apiTimeout)
	if err != nil {
		return err
	}
	var r refusal
	if err := json.Unmarshal(msg.Data, &r); err != nil {
		return fmt.Errorf("an answer that is not JSON: %w", err)
	}
	return r.refused()
}

// followers are those of a group that are there.
func (g *group) followers() []string {
	if g == nil {
		return nil
	}
	var names []string
	for _, r := range g.Replicas {
		if !r.Offline && r.Name != g.Leader {
			names = append(names, r.Name)
		}
	}
	return names
}
