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

package io.github.bootmesh.autoconfigure;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

import io.github.bootmesh.Internal;

/**
 * The lifecycle phases of the mesh, lower ones start earlier and stop later.
 */
@Internal
public final class MeshPhases {

	/**
	 * The identity and the intentions are awaited before the web server takes
	 * connections, so that the first handshake can be answered and decided on.
	 */
	public static final int IDENTITY = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1024;

	/**
	 * Connections through the public listener end when the web server is gone, at which
	 * most of them end by themselves.
	 */
	public static final int PUBLIC_LISTENER_DRAIN = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 512;

	/**
	 * The public listener opens when the web server is bound, to which it leads, and
	 * accepts nothing more when the web server's graceful shutdown begins.
	 */
	public static final int PUBLIC_LISTENER = SmartLifecycle.DEFAULT_PHASE - 512;

	/**
	 * The registration comes after the web server is bound, which tells the port, and
	 * goes before the server's graceful shutdown begins, so that callers have gone
	 * elsewhere by then.
	 */
	public static final int REGISTRATION = SmartLifecycle.DEFAULT_PHASE;

	private MeshPhases() {
	}

}
