// A chat hub on gorilla/websocket: one goroutine per room owns its members; each member has a
// bounded queue, a goroutine that reads and one that writes. The writer joins what has gathered in
// the queue into one frame, a line a message. A member whose queue is full is dropped.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

const (
	queueMessages = 256
	maxFrameBytes = 64 * 1024
)

type member struct {
	connection *websocket.Conn
	queue      chan []byte
}

type hub struct {
	enter chan *member
	leave chan *member
	said  chan []byte
}

func newHub() *hub {
	h := &hub{enter: make(chan *member), leave: make(chan *member), said: make(chan []byte)}
	go h.run()
	return h
}

func (h *hub) run() {
	members := make(map[*member]struct{})
	drop := func(m *member) {
		if _, here := members[m]; here {
			delete(members, m)
			close(m.queue)
		}
	}
	for {
		select {
		case m := <-h.enter:
			members[m] = struct{}{}
		case m := <-h.leave:
			drop(m)
		case text := <-h.said:
			for m := range members {
				select {
				case m.queue <- text:
				default:
					drop(m)
				}
			}
		}
	}
}

func (m *member) read(h *hub) {
	defer func() {
		h.leave <- m
		m.connection.Close()
	}()
	m.connection.SetReadLimit(maxFrameBytes)
	for {
		_, text, err := m.connection.ReadMessage()
		if err != nil {
			return
		}
		h.said <- text
	}
}

func (m *member) write() {
	defer m.connection.Close()
	for text := range m.queue {
		frame, err := m.connection.NextWriter(websocket.TextMessage)
		if err != nil {
			return
		}
		frame.Write(text)
		for waiting := len(m.queue); waiting > 0; waiting-- {
			next, open := <-m.queue
			if !open {
				break
			}
			frame.Write([]byte{'\n'})
			frame.Write(next)
		}
		if frame.Close() != nil {
			return
		}
	}
}

// The hubs by room name; a room lives as long as the process.
type directory struct {
	mutex sync.Mutex
	hubs  map[string]*hub
}

func (d *directory) hub(room string) *hub {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	h, known := d.hubs[room]
	if !known {
		h = newHub()
		d.hubs[room] = h
	}
	return h
}

func main() {
	rooms := directory{hubs: make(map[string]*hub)}
	upgrader := websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	http.HandleFunc("/ws", func(response http.ResponseWriter, request *http.Request) {
		connection, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			return
		}
		room := request.URL.Query().Get("room")
		if room == "" {
			room = "lobby"
		}
		h := rooms.hub(room)
		m := &member{connection: connection, queue: make(chan []byte, queueMessages)}
		h.enter <- m
		go m.write()
		go m.read(h)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
