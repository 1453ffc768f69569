/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh;

/**
 * A peer closed a new connection without a byte of an answer. In TLS 1.3 the handshake of
 * who dials ends before the other side has judged its certificate (RFC 8446, section 2),
 * so this is what a refusal by the other side's intentions looks like; a peer that died
 * at that moment looks the same.
 */
public final class PossiblyRefusedException extends MeshException {

	public PossiblyRefusedException(String message, Throwable cause) {
		super(message, cause);
	}

}
