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

import org.jspecify.annotations.Nullable;

/**
 * Consul lists mesh instances of the destination, but none that can be dialled: all are
 * critical, left out for the reason in the message, or could not be connected.
 */
public final class NoHealthyInstanceException extends MeshException {

	public NoHealthyInstanceException(String message) {
		this(message, null);
	}

	public NoHealthyInstanceException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
