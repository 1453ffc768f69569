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

import io.github.bootmesh.Internal;

/**
 * The port where others reach this instance, where that is not its own: whoever listens
 * there may be gone.
 */
@Internal
@FunctionalInterface
public interface MeshPort {

	/**
	 * Why nobody can be taken in there. May block.
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String problem();

}
