// Draws figures in a browser: film.ts sends where their vertices are, frame by frame, and takes the pictures.
import * as THREE from 'three'

const NOISE = /* glsl */ `
float hash(vec3 p) {
  p = fract(p * vec3(.1031, .1103, .0973));
  p += dot(p, p.yxz + 33.33);
  return fract((p.x + p.y) * p.z);
}
float noise(vec3 p) {
  vec3 i = floor(p), f = fract(p);
  f = f * f * (3. - 2. * f);
  vec2 e = vec2(0, 1);
  return mix(mix(mix(hash(i), hash(i + e.yxx), f.x), mix(hash(i + e.xyx), hash(i + e.yyx), f.x), f.y),
             mix(mix(hash(i + e.xxy), hash(i + e.yxy), f.x), mix(hash(i + e.xyy), hash(i + e.yyy), f.x), f.y), f.z);
}
float layers(vec3 p) { return .5 * noise(p) + .25 * noise(2.03 * p) + .15 * noise(4.1 * p) + .1 * noise(8.3 * p); }
`

const post = (path, body) => fetch(path, { method: 'POST', body })
globalThis.addEventListener('error', ({ message }) => post('/failed', message))
globalThis.addEventListener('unhandledrejection', ({ reason }) => post('/failed', String(reason?.stack ?? reason)))

async function texture(path) {
  const loaded = await new THREE.TextureLoader().loadAsync(`/proxies/${path}`)
  loaded.colorSpace = THREE.SRGBColorSpace
  loaded.anisotropy = 8
  loaded.wrapS = loaded.wrapT = THREE.RepeatWrapping
  return loaded
}

/** Skin: a tone, redder lips and cheeks, darker lids, a beard's shadow, blotches, freckles and pores, from noise that sticks to the figure. */
function skinMaterial({ tone, lips, beard, freckles, blotches }) {
  const material = new THREE.MeshPhysicalMaterial({
    color: '#ffffff',
    roughness: 0.52,
    sheen: 0.3,
    sheenRoughness: 0.5,
    sheenColor: new THREE.Color('#ff9a80'),
  })
  const values = { tone: new THREE.Color(tone), lips: new THREE.Color(lips), beard, freckles, blotches }
  material.onBeforeCompile = (shader) => {
    for (const [name, value] of Object.entries(values)) shader.uniforms[name] = { value }
    shader.vertexShader = shader.vertexShader
      .replace(
        '#include <common>',
        '#include <common>\nattribute vec3 rest; attribute vec4 marks; varying vec3 vRest; varying vec4 vMarks;',
      )
      .replace('#include <begin_vertex>', '#include <begin_vertex>\nvRest = rest; vMarks = marks;')
    shader.fragmentShader = shader.fragmentShader
      .replace(
        '#include <common>',
        `#include <common>\nvarying vec3 vRest; varying vec4 vMarks; uniform vec3 tone, lips; uniform float beard, freckles, blotches;\n${NOISE}`,
      )
      .replace(
        '#include <color_fragment>',
        /* glsl */ `
        float broad = layers(vRest * 5.) - .5, fine = layers(vRest * 34.) - .5;
        vec3 skin = tone * (1. + blotches * vec3(.35, .6, .6) * broad + .3 * fine);
        skin *= mix(vec3(1), vec3(1.05, .8, .78), .75 * vMarks.y * (.7 + broad));
        skin *= mix(vec3(1), vec3(.78, .68, .7), .55 * vMarks.z);
        float stubble = smoothstep(.35, .75, noise(vRest * 60.)) * .5 + .5;
        skin *= mix(vec3(1), vec3(.55, .57, .62), beard * vMarks.w * (1. - vMarks.x) * stubble);
        float spots = smoothstep(.74, .84, noise(vRest * 26.)) * smoothstep(.4, .6, noise(vRest * 3.));
        skin *= mix(vec3(1), vec3(.62, .45, .36), freckles * spots * (1. - vMarks.x));
        skin = mix(skin, lips * (1. + .5 * (layers(vRest * vec3(40., 8., 8.)) - .5)), .85 * smoothstep(.15, .6, vMarks.x));
        diffuseColor.rgb = skin;`,
      )
      .replace(
        '#include <normal_fragment_maps>',
        /* glsl */ `#include <normal_fragment_maps>
        vec3 e = vec3(.004, 0, 0), at = vRest * 24.;
        vec3 slope = vec3(noise(at + 24. * e.xyy), noise(at + 24. * e.yxy), noise(at + 24. * e.yyx)) - noise(at);
        normal = normalize(normal - .1 * (slope - normal * dot(slope, normal)) / .1);`,
      )
  }
  return material
}

async function materialOf(part, look) {
  if (part.name === 'skin') return skinMaterial(look.skin)
  const map = await texture(part.texture)
  const settings = {
    eyes: { roughness: 0.15, alphaTest: 0.5 },
    teeth: { roughness: 0.3, color: '#c9c2b4' },
    tongue: { roughness: 0.5, color: '#8a5a5a' },
    clothes: { roughness: 0.9, color: look.clothes },
    hair: { roughness: 0.55, color: look.hair, alphaTest: 0.35, side: THREE.DoubleSide },
    eyebrows: {
      roughness: 0.8,
      color: look.brows,
      transparent: true,
      depthWrite: false,
      polygonOffset: true,
      polygonOffsetFactor: -4,
      polygonOffsetUnits: -4,
    },
    eyelashes: { roughness: 0.8, transparent: true, depthWrite: false, side: THREE.DoubleSide },
  }[part.name]
  return new THREE.MeshStandardMaterial({ map, ...settings })
}

function light(scene, { key, fill, sky, wall }, [x, y, z]) {
  scene.background = new THREE.Color(wall)
  const sun = new THREE.DirectionalLight(key.color, key.strength)
  sun.position.set(x + key.from[0], y + key.from[1], z + key.from[2])
  sun.target.position.set(x, y, z)
  sun.castShadow = true
  sun.shadow.mapSize.set(1024, 1024)
  Object.assign(sun.shadow.camera, { left: -2.5, right: 2.5, top: 2.5, bottom: -2.5, near: 0.5, far: 30 })
  Object.assign(sun.shadow, { bias: -0.0006, normalBias: 0.012, radius: 5 })
  const other = new THREE.DirectionalLight(fill.color, fill.strength)
  other.position.set(x + fill.from[0], y + fill.from[1], z + fill.from[2])
  other.target.position.set(x, y, z)
  scene.add(sun, sun.target, other, other.target, new THREE.HemisphereLight(sky.above, sky.below, sky.strength))
  const back = new THREE.Mesh(
    new THREE.PlaneGeometry(40, 30),
    new THREE.ShaderMaterial({
      uniforms: { wall: { value: new THREE.Color(wall) } },
      vertexShader:
        'varying vec3 at; void main() { at = position; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.); }',
      fragmentShader: `varying vec3 at; uniform vec3 wall; ${NOISE}
        void main() { float shade = .75 + .035 * at.y + .5 * (layers(at * .35) - .5) + .04 * (layers(at * 9.) - .5); gl_FragColor = vec4(wall * shade, 1.);
        #include <colorspace_fragment>
        }`,
    }),
  )
  back.position.set(x, y, z - 9)
  scene.add(back)
}

const { parts, look, set, eyes, width, height } = await (await fetch('/scene')).json()
const renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true })
renderer.setSize(2 * width, 2 * height)
renderer.shadowMap.enabled = true
renderer.shadowMap.type = THREE.PCFShadowMap
const scene = new THREE.Scene()
const camera = new THREE.PerspectiveCamera(set.fieldOfView, width / height, 0.1, 60)
camera.position.set(eyes[0] + set.camera[0], eyes[1] + set.camera[1], eyes[2] + set.camera[2])
camera.lookAt(eyes[0], eyes[1] + set.lookAt, eyes[2])
light(scene, set, eyes)
const geometries = []
for (const part of parts) {
  const geometry = new THREE.BufferGeometry()
  const count = part.rest.length / 3
  geometry.setIndex(part.index)
  geometry.setAttribute('uv', new THREE.Float32BufferAttribute(part.uvs, 2))
  geometry.setAttribute('rest', new THREE.Float32BufferAttribute(part.rest, 3))
  if (part.marks) geometry.setAttribute('marks', new THREE.Float32BufferAttribute(part.marks, 4))
  for (const name of ['position', 'normal']) geometry.setAttribute(name, new THREE.BufferAttribute(new Float32Array(3 * count), 3))
  const mesh = new THREE.Mesh(geometry, await materialOf(part, look))
  mesh.frustumCulled = false
  mesh.castShadow = part.name !== 'eyebrows' && part.name !== 'eyelashes'
  mesh.receiveShadow = true
  scene.add(mesh)
  geometries.push({ geometry, count })
}
const total = geometries.reduce((sum, { count }) => sum + count, 0)
const small = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
small.imageSmoothingQuality = 'high'
for (;;) {
  const answer = await fetch('/frame')
  if (answer.status !== 200) break
  const numbers = new Float32Array(await answer.arrayBuffer())
  let at = 0
  for (const { geometry, count } of geometries) {
    geometry.attributes.position.array.set(numbers.subarray(3 * at, 3 * (at + count)))
    geometry.attributes.normal.array.set(numbers.subarray(3 * (total + at), 3 * (total + at + count)))
    geometry.attributes.position.needsUpdate = geometry.attributes.normal.needsUpdate = true
    at += count
  }
  renderer.render(scene, camera)
  small.drawImage(renderer.domElement, 0, 0, width, height)
  await post('/picture', small.getImageData(0, 0, width, height).data)
}
await post('/done', '')
