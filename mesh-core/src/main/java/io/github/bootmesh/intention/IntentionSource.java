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

package io.github.bootmesh.intention;

import reactor.core.publisher.Flux;

/**
 * Where intentions come from. The agent is one source; another can take its place.
 */
public interface IntentionSource {

	/**
	 * What the source knows, as soon as it is whole and again whenever it changes. The
	 * stream does not fail: while the source is away it keeps trying by itself and emits
	 * nothing. It may emit on any thread. One subscriber at a time; cancelling ends all
	 * work.
	 * @return the stream
	 */
	Flux<IntentionUpdate> updates();

}
