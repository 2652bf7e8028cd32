// Does the time that a refusal takes tell whether the record is there? Two samples, taken in turns, are compared by their
// ranks (Mann and Whitney) and by their medians. The bounds are generous: the machine has other things to do.
const pairs = 150
const z_max = 6
const medians_apart_max = 0.2

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

function rank_z(a, b) {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))].sort((x, y) => x.value - y.value)
  let ranks = 0
  all.forEach((one, i) => (ranks += one.first ? i + 1 : 0))
  const u = ranks - (a.length * (a.length + 1)) / 2
  return (u - (a.length * b.length) / 2) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12)
}

async function measured(client, method, path, options) {
  const started = performance.now()
  const { status } = await client.request(method, path, options)
  return { status, milliseconds: performance.now() - started }
}

// Somebody who sees some records of an object and not this one.
function stranger_to(organisation) {
  const { model } = organisation
  for (const user of organisation.users) {
    const person = model.person(user.user)
    for (const object of ['customer', 'contact', 'task', 'activity', 'opportunity']) {
      const unseen = model.live(object).filter((record) => !model.reaches(person, object, record))
      if (unseen.length && model.seen(person, object).length && model.may(person, object, 'change')) return { user, object, record: unseen[0] }
    }
  }
  return undefined
}

// Near the other one, so that an index is walked the same way down.
function id_of_nothing(model, near) {
  const known = new Set([...model.records.values()].flatMap((records) => [...records.keys()]))
  let id = BigInt(near) + 1n
  while (known.has(String(id))) ++id
  return String(id)
}

// One line for each route that was measured; `differs` when time tells.
export async function compare_times(organisation) {
  const found = stranger_to(organisation)
  if (!found) return []
  const { user, object, record } = found
  const absent = id_of_nothing(organisation.model, record.id)
  const asked = [
    ['GET', ''],
    ['GET', '/history'],
    ['PATCH', '', { body: {}, headers: { 'if-match': '1' } }],
  ]
  const lines = []
  for (const [method, rest, options] of asked) {
    const times = { there: [], absent: [] }
    for (let i = -10; i < pairs; ++i) {
      // Taken in turns, and in changing order, so that whatever else happens meets both alike.
      for (const which of i % 2 ? ['there', 'absent'] : ['absent', 'there']) {
        const id = which === 'there' ? record.id : absent
        const { status, milliseconds } = await measured(user.client, method, `/api/records/${object}/${id}${rest}`, options)
        if (status !== 404) throw new Error(`${method} ${object} ${id}${rest}: ${status} instead of 404`)
        if (i >= 0) times[which].push(milliseconds)
      }
    }
    const [there, gone] = [median(times.there), median(times.absent)]
    const z = rank_z(times.there, times.absent)
    const apart = Math.abs(there - gone) / Math.min(there, gone)
    lines.push({
      text: `${method} /api/records/${object}/{id}${rest}: not allowed ${there.toFixed(2)} ms, does not exist ${gone.toFixed(2)} ms (medians of ${pairs}), z ${z.toFixed(1)}`,
      differs: Math.abs(z) > z_max && apart > medians_apart_max,
    })
  }
  return lines
}
