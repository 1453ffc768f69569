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

package io.github.bootmesh.autoconfigure.registration;

import org.jspecify.annotations.Nullable;

/**
 * The port of the application's own web server, once it is bound.
 */
final class ListeningPort {

	private final boolean web;

	private volatile @Nullable Integer value;

	ListeningPort(boolean web) {
		this.web = web;
	}

	// Whether this is a web application, which may run a web server, or mock one.
	boolean isWeb() {
		return this.web;
	}

	void set(int port) {
		this.value = port;
	}

	// Null while, or if, no web server runs; -1 if one runs that listens nowhere.
	@Nullable Integer get() {
		return this.value;
	}

}
