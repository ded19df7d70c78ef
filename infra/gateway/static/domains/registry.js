// The panels of each domain, one line a domain. The page shows the tabs of those that the server says it serves, in this order.
//
// A domain exports one object:
//   name             the domain's word
//   filters          [[value, words' key, decision => boolean], ...]: choices for the list of decisions beside "all"
//   build(rooms)     makes the domain's cards in the elements rooms.top (above the map), rooms.right (first on the right), rooms.bottom,
//                    rooms.side, and rooms.legend
//   numbers(view)    tiles for the numbers of the day, from /v1/<domain>/overview
//   overview(view)   draws what else comes from the overview
//   slow(data)       draws what comes from { capacity, map, date }: /v1/<domain>/capacity and /map
//   redraw()         draws again in the other language
//   names(providers) Map of id to name, from /v1/<domain>/capacity
//   markers(map)     { sites: [{ id, position, kind: free|little|full, title, label }], points: [{ position, to, kind?, title?, open? }] }
//   fact(decision)   the fact that a line about this decision is about, or null
//   parts(data)      words beside the name of a fact, from its data
//   requestId(data)  the id to look up, from a fact's data or a request, or null
//   filter           which of the filters is chosen first (optional; "all")
//   live(state)      hears every state of the live view (optional); `played` is set to whether the deployment is played
//   state(body)      { words, bad } of a request's state, when its words are not the shared ones (optional)
//   request(body)    words about a request that was looked up
//   step(step)       words beside a line of a request's history, from its type and data (optional)
//   more(body)       an element with what else it shows, or null (optional)
import { childcare } from "./childcare.js";
import { emergency } from "./emergency.js";
import { beds } from "./beds.js";
import { meals } from "./meals.js";

export const PANELS = [meals, beds, emergency, childcare];
