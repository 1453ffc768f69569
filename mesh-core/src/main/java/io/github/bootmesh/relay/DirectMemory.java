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

package io.github.bootmesh.relay;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.util.internal.PlatformDependent;

/**
 * The memory of this process that lies outside of the heap, in which Netty keeps what was
 * read.
 */
final class DirectMemory {

	private DirectMemory() {
	}

	/**
	 * How much of it relays fill at full speed: a quarter of what the JVM allows. Others
	 * need it as well, and an allocator keeps more than it has lent.
	 */
	static long share() {
		return PlatformDependent.maxDirectMemory() / 4;
	}

	/**
	 * Whether an allocator holds more of it than that.
	 */
	static boolean isScarce(ByteBufAllocator allocator, long share) {
		return allocator instanceof ByteBufAllocatorMetricProvider provider
				&& provider.metric().usedDirectMemory() > share;
	}

}
