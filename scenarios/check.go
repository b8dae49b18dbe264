package scenarios

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"pindrop/redact"
	"pindrop/results/history"
)

// checker finds what is wrong with a complete scenario: mostly settings that exclude each other.
type checker struct {
	*Scenario
	*mistakes
}

// errorf reports a mistake at the place of a path.
func (c *checker) errorf(path, format string, args ...any) {
	c.add(c.places.of(path), format, args...)
}

func (c *checker) all() {
	c.checkName()
	c.checkServer()
	c.checkStream()
	c.checkConsumer()
	c.checkPriority()
	c.checkPresence()
	c.checkPublishers()
	c.checkWorkers()
	c.checkShards()
	c.checkFaults()
	c.checkServers()
	c.checkExplore()
	c.checkClaim()
}

var scenarioName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (c *checker) checkName() {
	if !scenarioName.MatchString(c.Name) {
		c.errorf("name",
			"name: expected up to 64 letters, digits, dots, underscores and hyphens, since it names a folder; got %q", c.Name)
	}
}

// checkPresence asks for the two sections without which a run has nothing to do, unless they are left out on purpose.
func (c *checker) checkPresence() {
	for _, section := range []string{"publishers", "workers"} {
		if !c.places.has(section) {
			c.errorf(section, "%s are missing; write %s: [] for none", section, section)
		}
	}
}

// checkURL refuses a URL that holds a secret, or may. Without a place: its line, or the override, would be printed with it.
func (c *checker) checkURL() {
	if strings.Contains(c.Server.Context, "://") {
		c.add(Pos{}, "server.context must be the name of a context, not a URL; that is server.url, or --server where it holds a user or a password")
	}
	if c.Server.URL == "" {
		return
	}
	switch list, err := redact.Servers(c.Server.URL); {
	case err != nil:
		c.add(Pos{}, "server.url: %v", err)
	case list.User != nil:
		c.add(Pos{}, "server.url must not hold a user or a password, since a scenario is kept with its results; use a context, or --server")
	}
}

func (c *checker) checkServer() {
	s := &c.Server
	if s.Nodes%2 == 0 {
		c.errorf("server.nodes", "nodes must be 1, 3 or 5, got %d", s.Nodes)
	}
	if s.Binary != "" && s.Mode != ServerProcess {
		c.errorf("server.binary", "binary goes with mode: process, not with mode: %s", s.Mode)
	}
	if s.URL != "" && s.Mode != ServerExternal {
		c.errorf("server.url", "url goes with mode: external, not with mode: %s", s.Mode)
	}
	if s.Context != "" && s.Mode != ServerExternal {
		c.errorf("server.context", "context goes with mode: external, not with mode: %s", s.Mode)
	}
	if (s.URL == "") == (s.Context == "") && s.Mode == ServerExternal {
		c.errorf("server.mode", "mode: external needs a url or a context, and not both")
	}
	c.checkURL()
	if s.Mode == ServerExternal && s.Nodes > 1 {
		c.errorf("server.nodes", "nodes is for servers that pindrop starts, not for mode: external")
	}
	if s.Routes != (Routes{}) && s.Nodes == 1 {
		c.errorf("server.routes", "routes are between the servers of a cluster: expected nodes: 3 or 5")
	}
	if s.Mode == ServerExternal && (s.JetStream != JetStream{} || s.Account != Account{}) {
		c.errorf("server.mode", "jetstream and account limit servers that pindrop starts, not those of mode: external")
	}
	clock, _ := c.ResolveClock()
	if clock != ClockVirtual && clock != ClockBoth {
		return
	}
	if s.Mode == ServerExternal {
		c.errorf("server.mode", "mode: %s needs the real clock, and clock is %s", s.Mode, clock)
	}
	for i, w := range c.Workers {
		if w.Host == HostProcess {
			c.errorf(itemPath("workers", i)+".host", "host: process needs the real clock, and clock is %s", clock)
		}
	}
}

func (c *checker) checkPublishers() {
	total := 0
	for i := range c.Publishers {
		p, path := &c.Publishers[i], itemPath("publishers", i)
		total += p.Count
		atRate := p.Rate > 0 || len(p.Shape) > 0
		if !atRate && p.Backlog == 0 && p.Window == 0 {
			c.errorf(path, "these publishers have nothing to do: give a rate, a shape, a window or a backlog")
		}
		if p.Total > 0 && !atRate && p.Window == 0 {
			c.errorf(path+".total", "total limits what comes at a rate or through a window, and there is neither")
		}
		if p.Window > 0 && atRate {
			c.errorf(path+".window", "window is for publishers without a rate: they go as fast as the server answers")
		}
		if clock, _ := c.ResolveClock(); p.Window > 0 && (clock == ClockVirtual || clock == ClockBoth) {
			c.errorf(path+".window", "window needs the real clock, and clock is %s: on the virtual one an answer takes no time", clock)
		}
		if c.places.has(path+".shape") && len(p.Shape) == 0 {
			c.errorf(path+".shape", "shape: expected at least one stage")
		}
		for j, stage := range p.Shape {
			if stage.For == 0 && j < len(p.Shape)-1 {
				c.errorf(itemPath(path+".shape", j), "for: only the last stage may leave it out")
			}
		}
	}
	if total > actorsMax {
		c.errorf("publishers", "at most %d publishers, got %d", actorsMax, total)
	}
}

// actorsMax bounds the publishers and the workers of one run.
const actorsMax = 10_000

var groupName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,31}$`)

func (c *checker) checkWorkers() {
	owner := map[string]string{} // group of each worker
	for i := range c.Workers {
		w, path := &c.Workers[i], itemPath("workers", i)
		if !c.checkWorkerName(w, path) {
			return // names of workers would be misleading
		}
		size := c.sizeMax(w)
		if len(owner)+size > actorsMax {
			c.errorf(path, "at most %d workers, got at least %d", actorsMax, len(owner)+size)
			return
		}
		for _, name := range w.numbered(size) {
			if other, taken := owner[logName(name)]; taken {
				c.errorf(path, "worker %s of group %s has the name of one of group %s%s", name, w.Name, other, butForCase(w.Name, other))
				break
			}
			owner[logName(name)] = w.Name
		}
		c.checkPulls(w, path)
		c.checkHandling(w, path)
		c.checkGuard(w, path)
		c.checkAdaptive(w, path)
	}
	for i, w := range c.Workers {
		if other, taken := owner[logName(w.Name)]; taken {
			c.errorf(itemPath("workers", i), "group %s has the name of a worker of group %s", w.Name, other)
		}
	}
	c.checkStarts()
}

// checkStarts checks that every worker that is planned starts: nobody does once disturb is over.
func (c *checker) checkStarts() {
	end, told := c.Phases.Warmup+c.Phases.Disturb, -1
	c.starts(func(group, i int, at Duration) bool {
		if at >= end && group != told && end > 0 {
			told = group
			w, where := &c.Workers[group], itemPath("workers", group)
			if c.places.has(where + ".start") {
				where += ".start"
			}
			c.errorf(where, "worker %s would start at %s, and no worker starts once disturb has ended, at %s (warmup and disturb)", w.names()[i], at, end)
		}
		return true
	})
}

// logName is what tells the names of workers apart: each has files of its own, and some file systems take a and A for one.
func logName(worker string) string { return strings.ToLower(worker) }

func butForCase(name, other string) string {
	if strings.HasPrefix(name, other) || strings.HasPrefix(other, name) {
		return ""
	}
	return "; upper and lower case do not tell them apart"
}

// checkWorkerName keeps names apart from everything that stands in their place in targets and in paths of overrides.
func (c *checker) checkWorkerName(w *Workers, path string) bool {
	first := slices.IndexFunc(c.Workers, func(o Workers) bool { return o.Name == w.Name })
	words := append(fieldNames(reflect.TypeFor[Workers]()), TargetPinned, TargetAny, TargetAll, TargetTrigger, TargetLeader)
	switch {
	case !groupName.MatchString(w.Name):
		c.errorf(path+".name", "name: expected a letter, then up to 31 letters, digits, underscores and hyphens; got %q",
			w.Name)
	case slices.Contains(words, w.Name):
		c.errorf(path+".name", "name: %s means something else in targets and paths; choose another name", w.Name)
	case history.IsPublisher(strings.ToLower(w.Name) + "1"):
		c.errorf(path+".name", "name: publishers are called %s1, %s2, …, so that workers of group %s would write into their logs; choose another name",
			history.PublisherPrefix, history.PublisherPrefix, w.Name)
	case itemPath("workers", first) != path:
		c.errorf(path+".name", "two groups are named %s", w.Name)
	default:
		return true
	}
	return false
}

// checkPulls checks what a worker asks the server for.
func (c *checker) checkPulls(w *Workers, path string) {
	if w.API == APIFetch {
		if w.Threshold != 0 {
			c.errorf(path+".threshold", "threshold is for consume and messages: a fetch asks once")
		}
	} else {
		if w.Expires < Duration(time.Second) {
			c.errorf(path+".expires", "expires must be at least 1s for %s (fetch may be shorter), got %s", w.API, w.Expires)
		}
		if w.Threshold > w.Batch {
			c.errorf(path+".threshold", "threshold must be at most the batch (%d), got %d", w.Batch, w.Threshold)
		}
	}
	if limit := c.Consumer.MaxRequestBatch; limit > 0 && w.Batch > limit {
		c.errorf(path+".batch", "batch must be at most the consumer's max_batch (%d), got %d", limit, w.Batch)
	}
	if limit := Duration(c.Consumer.MaxRequestExpires); limit > 0 && w.Expires > limit {
		c.errorf(path+".expires", "expires must be at most the consumer's max_expires (%s), got %s", limit, w.Expires)
	}
}

// checkAdaptive checks the bounds of a controller, and that it has something to look at.
func (c *checker) checkAdaptive(w *Workers, path string) {
	a := w.Adaptive
	path += ".adaptive"
	switch {
	case a == nil:
	case a.Min > a.Max:
		c.errorf(path+".min", "min must be at most max (%d), got %d", a.Max, a.Min)
	case w.Count < a.Min || w.Count > a.Max:
		c.errorf(path, "count must be from min to max (%d to %d), got %d", a.Min, a.Max, w.Count)
	case a.Down >= a.Up:
		c.errorf(path+".down", "down must be less than up (%v), got %v", a.Up, a.Down)
	case c.Consumer.MaxAckPending <= 0:
		c.errorf(path, "adaptive needs a limit: consumer.max_ack_pending above 0")
	}
}

// checkHandling checks what a worker does with its messages.
func (c *checker) checkHandling(w *Workers, path string) {
	if w.Jitter > 0 && !w.Service.varies() {
		c.errorf(path+".jitter", "jitter varies a constant service time, and this service has none")
	}
	if w.Ack == AckBatch && w.Window == 0 {
		c.errorf(path+".window", "window must be more than 0s")
	}
	if w.Ack != AckBatch && w.Window != 0 {
		c.errorf(path+".window", "window goes with ack: batch, not with ack: %s", w.Ack)
	}
	if w.Progress > 0 && !(slices.Contains([]string{AckEach, AckDouble, AckBatch}, w.Ack) && c.acks()) {
		c.errorf(path+".progress", "progress goes with an ack after the work (each, double, batch), not with ack: %s", w.Ack)
	}
	if w.Errors.Delay > 0 && w.Errors.Do != ErrorNak {
		c.errorf(path+".errors.delay", "delay goes with do: nak, not with do: %s", w.Errors.Do)
	}
	if w.Ack == AckWAL && w.Errors.Rate > 0 {
		c.errorf(path+".errors.rate", "errors do not go with ack: wal: what is in the log is handled until it is done")
	}
	if !c.acks() && w.Ack != AckNone {
		c.errorf(path+".ack", "ack: %s has no effect: the consumer's ack_policy is none", w.Ack)
	}
	if !c.acks() && w.Errors.Rate > 0 && w.Errors.Do != ErrorIgnore {
		c.errorf(path+".errors.do", "do: %s has no effect: the consumer's ack_policy is none", w.Errors.Do)
	}
}
