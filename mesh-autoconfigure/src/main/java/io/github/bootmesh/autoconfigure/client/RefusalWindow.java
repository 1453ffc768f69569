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

package io.github.bootmesh.autoconfigure.client;

import java.time.Duration;

/**
 * How soon after a request was sent the end of its new connection counts as a refusal.
 *
 * @param length the time
 */
record RefusalWindow(Duration length) {

	/**
	 * A peer that refuses does so at once; one that breaks off later was at work on the
	 * request, most likely.
	 */
	static final RefusalWindow DEFAULT = new RefusalWindow(Duration.ofSeconds(1));

}
