import { describe, expect, it } from 'vitest'
import { differences, effects, forget, fromPlaces, joined, others, placesOf, readGrants, rebase, rightOf, setField, setRight, setSpecial, showMenu, writeGrants, type Subject } from './grants'

const customer: Subject = { name: 'customer', restricted: false }
const contact: Subject = { name: 'contact', restricted: false }
const user: Subject = { name: 'user', restricted: true }
const shipped = readGrants({
  administrator: false,
  objects: { '*': { view: 'all', print: 'all' }, customer: { view: 'own', add: 'own', export: { scope: 'all', where: "level = 'a'" } } },
  fields: ['contact.health'], special: ['customer.rename'], menus: { product: false, task: true },
})

describe('what a role grants', () => {
  it('is read from text and from the shipped form, and written so that the same rights are the same text', () => {
    expect(shipped.fields).toEqual({ 'contact.health': 'write' })
    expect(shipped.hidden).toEqual(['product'])
    expect(readGrants(writeGrants(shipped))).toEqual(shipped)
    expect(writeGrants(readGrants({ objects: { b: {}, a: {} } }))).toBe(writeGrants(readGrants({ objects: { a: {}, b: {} } })))
    expect(readGrants('')).toEqual(readGrants({}))
  })

  it('is that of all other objects when an object is not named, but nothing on a restricted one', () => {
    expect(rightOf(shipped, contact, 'view')).toEqual({ scope: 'all' })
    expect(rightOf(shipped, user, 'view')).toEqual({ scope: 'none' })
    expect(rightOf(shipped, customer, 'print')).toEqual({ scope: 'none' })
  })

  it('keeps the other verbs of an object when the first one is changed, and gives them back when it is forgotten', () => {
    const changed = setRight(shipped, contact, 'change', { scope: 'own' })
    expect(['view', 'print', 'change'].map((verb) => rightOf(changed, contact, verb as 'view').scope)).toEqual(['all', 'all', 'own'])
    expect(writeGrants(forget(changed, contact))).toBe(writeGrants(shipped))
    expect(rightOf(setRight(shipped, others, 'view', { scope: 'own' }), contact, 'view')).toEqual({ scope: 'own' })
  })

  it('has no condition where nothing is granted', () => {
    expect(rightOf(setRight(shipped, customer, 'export', { scope: 'none', where: 'x = 1' }), customer, 'export')).toEqual({ scope: 'none' })
    expect(rightOf(setRight(shipped, customer, 'export', { scope: 'all', where: '  ' }), customer, 'export')).toEqual({ scope: 'all' })
  })

  it('tells what differs, place by place', () => {
    const after = showMenu(setSpecial(setField(setRight(shipped, customer, 'view', { scope: 'department' }), 'contact.mobile', 'masked'), 'customer.rename', false), 'product', true)
    expect(differences(shipped, after)).toEqual([
      { place: 'fields.contact.mobile', old: undefined, new: 'masked' },
      { place: 'menus.product', old: 'hidden', new: undefined },
      { place: 'objects.customer.view', old: 'own', new: 'department' },
      { place: 'special.customer.rename', old: 'true', new: undefined },
    ])
    expect(differences(shipped, shipped)).toEqual([])
    expect(differences(shipped, fromPlaces(placesOf(shipped)))).toEqual([])
  })

  it('tells what changed for people, not where it is written', () => {
    const restricted = (name: string) => name === 'user'
    expect(effects(shipped, setRight(shipped, contact, 'view', { scope: 'own' }), restricted)).toEqual([{ place: 'objects.contact.view', old: 'all', new: 'own' }])
    expect(effects(shipped, setRight(shipped, user, 'view', { scope: 'own' }), restricted)).toEqual([{ place: 'objects.user.view', old: undefined, new: 'own' }])
    expect(effects(shipped, setRight(shipped, contact, 'view', { scope: 'all' }), restricted)).toEqual([{ place: 'objects.contact', old: undefined, new: '' }])
    expect(effects(shipped, setRight(shipped, others, 'view', { scope: 'own' }), restricted)).toEqual([{ place: 'objects.*.view', old: 'all', new: 'own' }])
  })

  it('is done again over what somebody else saved, and names what both changed', () => {
    const mine = setRight(setRight(shipped, customer, 'view', { scope: 'team' }), customer, 'delete', { scope: 'own' })
    const theirs = setSpecial(setRight(shipped, customer, 'view', { scope: 'all' }), 'opportunity.reopen', true)
    const { grants, clashes } = rebase(shipped, mine, theirs)
    expect(clashes).toEqual(['objects.customer.view'])
    expect([rightOf(grants, customer, 'view').scope, rightOf(grants, customer, 'delete').scope, grants.special]).toEqual(['team', 'own', ['customer.rename', 'opportunity.reopen']])
    expect(rebase(shipped, mine, mine).clashes).toEqual([])
  })

  it('is joined from all roles of a person: the widest extent, and conditions that go beyond it', () => {
    const role = (title: string, view: unknown) => ({ title, grants: readGrants({ objects: { customer: { view } } }) })
    expect(joined([role('A', 'own'), role('B', 'department'), role('C', { scope: 'all', where: "level = 'a'" }), role('D', { scope: 'own', where: 'x = 1' })], customer, 'view')).toEqual([
      { role: 'C', scope: 'all', where: "level = 'a'" }, { role: 'B', scope: 'department' },
    ])
    expect(joined([role('A', 'none')], customer, 'view')).toEqual([])
    expect(joined([{ title: 'Boss', grants: readGrants({ administrator: true }) }], user, 'delete')).toEqual([{ role: 'Boss', scope: 'all' }])
  })
})
