// Draws a scene (see plain_painter.js) with WebGL2: indices and palette are textures, and a shader looks them up.

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D cells, mask;
uniform sampler2D palette;
uniform vec2 size, origin;
uniform ivec2 start, extent;
uniform int stride;
uniform float scale;
uniform bool grid, hasMask;
uniform vec3 ground, line;
out vec4 colour;
void main() {
  vec2 at = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y) - origin;
  ivec2 ahead = ivec2(floor(at / scale)) - start;
  ivec2 texel = ahead / stride;
  bool outside = any(lessThan(ahead, ivec2(0))) || any(greaterThanEqual(texel, extent));
  bool edge = grid && any(lessThan(mod(at, scale), vec2(1.0)));
  int row = hasMask && !outside && texelFetch(mask, texel, 0).r > 0u ? 1 : 0;
  int index = outside ? 0 : int(texelFetch(cells, texel, 0).r);
  vec3 shown = texelFetch(palette, ivec2(index, row), 0).rgb;
  colour = vec4(outside ? ground : edge ? line : shown, 1.0);
}`;

// Null where the browser has no WebGL2.
export function webglPainter(canvas) {
  const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
  if (!gl) return null;
  let tools = prepare(gl);
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => { tools = prepare(gl); });
  let last = null;
  let read = null;
  const paint = (scene) => {
    last = scene;
    read = null;
    if (!gl.isContextLost()) draw(gl, tools, scene);
  };
  // What was drawn is gone after it was shown, so it is drawn again to be read; once for all its pixels.
  const readAll = () => {
    paint(last);
    read = new Uint8Array(4 * canvas.width * canvas.height);
    gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, read);
  };
  return {
    kind: "webgl2",
    paint,
    pixel(x, y) {
      if (!read) readAll();
      const at = 4 * ((canvas.height - 1 - y) * canvas.width + x);
      return [...read.subarray(at, at + 3)];
    },
    close: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function prepare(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  const names = ["cells", "mask", "palette", "size", "origin", "start", "extent", "stride", "scale", "grid", "hasMask", "ground", "line"];
  const places = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
  const textures = ["cells", "mask", "palette"].map((name, unit) => {
    gl.uniform1i(places[name], unit);
    return texture(gl, unit);
  });
  return { places, textures, sent: {} };
}

function texture(gl, unit) {
  const made = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  return made;
}

function draw(gl, { places, sent }, scene) {
  const { frame, mask, lens, rgb, masked, ground, line, grid } = scene;
  const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
  sendCells(gl, 0, sent, "pixels", frame, frame.pixels);
  if (mask) sendCells(gl, 1, sent, "mask", frame, mask);
  sendPalette(gl, 2, rgb, masked);
  gl.viewport(0, 0, width, height);
  gl.uniform2f(places.size, width, height);
  gl.uniform2f(places.origin, lens.x, lens.y);
  gl.uniform2i(places.start, frame.left, frame.top);
  gl.uniform2i(places.extent, frame.columns, frame.rows);
  gl.uniform1i(places.stride, frame.stride);
  gl.uniform1f(places.scale, lens.scale);
  gl.uniform1i(places.grid, Number(grid));
  gl.uniform1i(places.hasMask, Number(Boolean(mask)));
  gl.uniform3f(places.ground, ...ground.map((value) => value / 255));
  gl.uniform3f(places.line, ...line.map((value) => value / 255));
  gl.drawArrays(gl.TRIANGLES, 0, 3);
}

// Pan and zoom draw the same bytes again; they are sent once.
function sendCells(gl, unit, sent, name, { rows, columns }, bytes) {
  if (sent[name] === bytes) return;
  sent[name] = bytes;
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, columns, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, bytes);
}

function sendPalette(gl, unit, rgb, masked) {
  const bytes = new Uint8Array(2 * 256 * 4).fill(255);
  [rgb, masked].forEach((colours, row) => {
    for (let at = 0; at < colours.length; at++) bytes[1024 * row + 4 * Math.floor(at / 3) + (at % 3)] = colours[at];
  });
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
}
