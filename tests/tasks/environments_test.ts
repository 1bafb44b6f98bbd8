import assert from "node:assert/strict";
import { test } from "node:test";
import { ENVIRONMENTS, hiddenLibraries } from "../../tasks/environments.ts";

const CACHE = `5 libs found in cache \`/etc/ld.so.cache'
\tlibvulkan_lvp.so (libc6,x86-64) => /lib/libvulkan_lvp.so
\tlibvulkan.so.1 (libc6,x86-64) => /lib/libvulkan.so.1
\tlibglib-2.0.so.0 (libc6,x86-64) => /lib/libglib-2.0.so.0
\tlibGLX_mesa.so.0 (libc6,x86-64) => /lib/libGLX_mesa.so.0
\tlibEGL.so.1 (libc6,x86-64) => /lib/libEGL.so.1
\tlibGLEW.so.2 (libc6,x86-64) => /lib/libGLEW.so.2
`;

test("hiddenLibraries() are the drivers' of the other interfaces, and nothing else", () => {
  const vulkan = ["/lib/libvulkan_lvp.so", "/lib/libvulkan.so.1"];
  const openGl = ["/lib/libGLX_mesa.so.0", "/lib/libEGL.so.1"];
  const hidden = (name: string): string[] => hiddenLibraries(CACHE, ENVIRONMENTS[name]!);
  assert.deepEqual(hidden("none"), [...vulkan, ...openGl]);
  assert.deepEqual(hidden("opengl"), vulkan);
  assert.deepEqual(hidden("vulkan"), openGl);
});
