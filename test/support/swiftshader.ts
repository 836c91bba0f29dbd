import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** A Vulkan driver that computes on the CPU, in Debian's package `chromium`. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

export const hasSwiftshader = existsSync(DRIVER)

/** The environment in which WebGPU finds SwiftShader and no GPU: the same on every machine. */
export const swiftshader = { VK_ICD_FILENAMES: DRIVER, VK_DRIVER_FILES: DRIVER, XDG_RUNTIME_DIR: tmpdir() }

/** The environment in which WebGPU finds nothing (Linux). */
export const noVulkan = { VK_ICD_FILENAMES: '/no/such/driver.json', VK_DRIVER_FILES: '/no/such/driver.json' }
