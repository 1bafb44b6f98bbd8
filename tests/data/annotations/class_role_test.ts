import assert from "node:assert/strict";
import { test } from "node:test";
import { classRole } from "../../../lib/data/annotations/class_role.ts";

test("classRole() knows the names of background and of pixels to leave out", () => {
  for (const name of ["background", "_background_", "__Background__", "bg"]) {
    assert.equal(classRole(name), "background");
  }
  for (const name of ["__ignore__", "ignored", "Void", "unlabeled", "Unlabelled"]) {
    assert.equal(classRole(name), "ignore");
  }
  for (const name of ["road", "avoid", "background car"]) assert.equal(classRole(name), "class");
});
