package sim

import (
	"sync"

	"pindrop/scenarios"
)

// cache is what a worker keeps of the state in memory, between messages; it is gone with its life. Nobody tells it what
// others write: that is what is wrong with it.
type cache struct {
	reload bool // a new pin generation begins with an empty one

	mu     sync.Mutex
	gen    uint32
	values map[string]value
}

// newCache is an empty cache; nil where the worker keeps none.
func newCache(kind string) *cache {
	if kind == scenarios.CacheNone {
		return nil
	}
	return &cache{reload: kind == scenarios.CacheReload, values: map[string]value{}}
}

// get is the entry of a key, for a delivery under a pin generation.
func (c *cache) get(key string, gen uint32) (value, bool) {
	if c == nil {
		return value{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(gen)
	v, ok := c.values[key]
	return v, ok
}

func (c *cache) put(key string, gen uint32, v value) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(gen)
	c.values[key] = v
}

// drop forgets an entry that turned out to be wrong, or may have.
func (c *cache) drop(key string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
}

// turn notices a change of the generation. The lock is held.
func (c *cache) turn(gen uint32) {
	if c.reload && gen != c.gen {
		c.gen = gen
		clear(c.values)
	}
}
