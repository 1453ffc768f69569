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

import reactor.core.publisher.Mono;

/**
 * A decision of the application's own on who may ask for what, made on each request after
 * the intentions. It can only narrow what they allow: all beans of this type have to
 * agree. Thread-safe.
 */
@FunctionalInterface
public interface MeshAuthorizer {

	/**
	 * Decides on a request, which is asked about once more if filters have rewritten its
	 * method or its path since.
	 * <p>
	 * Called by the thread that serves the request, which may be an event loop: a
	 * decision that has to block moves itself to another one
	 * ({@code Mono.fromCallable(…).subscribeOn(Schedulers.boundedElastic())}).
	 * @param caller who asks
	 * @param request what it asks for
	 * @return whether to go on. Anything but {@code true}, also nothing, an error, or no
	 * answer in time ({@code bootmesh.inbound.authorizer-timeout}), refuses the request.
	 */
	Mono<Boolean> authorize(MeshPeer caller, MeshRequest request);

}
