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

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RelayLimitsTests {

	private final EmbeddedChannel front = new EmbeddedChannel();

	private final EmbeddedChannel back = new EmbeddedChannel();

	private final List<RelayOutcome> outcomes = new ArrayList<>();

	private final Relay relay = new Relay(end(this.front), end(this.back),
			RelaySettings.DEFAULTS.withIdleTimeout(Duration.ofHours(1)).withMaxLifetime(Duration.ofHours(2)),
			this.outcomes::add);

	private static RelayEnd end(EmbeddedChannel channel) {
		RelayEnd end = new RelayEnd(channel, new LongAdder()) {

			@Override
			void sendEnd() {
				endedOutput();
			}

		};
		channel.pipeline().addLast(end);
		return end;
	}

	@Test
	void whenTheRelayEndsThenNoTimerHoldsIt() {
		this.relay.start();
		this.relay.drain(this.front);
		assertThat(this.front.runScheduledPendingTasks()).isPositive();
		this.relay.revoke(this.front);
		assertThat(this.front.runScheduledPendingTasks()).isEqualTo(-1);
		assertThat(this.back.runScheduledPendingTasks()).isEqualTo(-1);
		assertThat(this.outcomes).containsExactly(RelayOutcome.REVOKED);
	}

	@Test
	void whenASideIsGoneBeforeTheJoinThenTheOtherIsResetAndNothingLeaks() {
		ByteBuf early = Unpooled.buffer().writeByte(1);
		this.front.writeInbound(early);
		this.back.close();
		this.relay.start();
		assertThat(this.front.isOpen()).isFalse();
		assertThat(early.refCnt()).isZero();
		assertThat(this.front.runScheduledPendingTasks()).isEqualTo(-1);
		assertThat(this.outcomes).containsExactly(RelayOutcome.RESET);
	}

	@Test
	void whenASideFailsWhileEarlyBytesGoToItThenNothingLeaks() {
		ByteBuf first = Unpooled.buffer().writeByte(1);
		ByteBuf second = Unpooled.buffer().writeByte(2);
		this.front.writeInbound(first, second);
		this.back.pipeline().addFirst(new FailingWrites());
		this.relay.start();
		assertThat(this.front.isOpen()).isFalse();
		assertThat(this.back.isOpen()).isFalse();
		assertThat(first.refCnt()).isZero();
		assertThat(second.refCnt()).isZero();
		assertThat(this.outcomes).containsExactly(RelayOutcome.RESET);
	}

	@Test
	void whenMemoryIsScarceThenASideIsReadOnOnlyWhenWhatCameFromItIsWritten() {
		this.front.config().setAutoRead(false);
		Reads reads = new Reads();
		this.front.pipeline().addFirst(reads);
		SlowWrites writes = new SlowWrites();
		this.back.pipeline().addFirst(writes);
		Relay scarce = new Relay(this.front.pipeline().get(RelayEnd.class), this.back.pipeline().get(RelayEnd.class),
				RelaySettings.DEFAULTS.withTuning(RelayTuning.DEFAULTS.withDirectMemory(-1)), this.outcomes::add);
		scarce.start();
		int first = reads.count;
		this.front.writeInbound(Unpooled.buffer().writeByte(1));
		assertThat(reads.count).isEqualTo(first);
		writes.release();
		assertThat(reads.count).isGreaterThan(first);
		scarce.end(RelayOutcome.RESET);
	}

	@Test
	void whenThereIsMemoryThenASideIsReadOnWhileTheOtherIsSlow() {
		this.front.config().setAutoRead(false);
		Reads reads = new Reads();
		this.front.pipeline().addFirst(reads);
		SlowWrites writes = new SlowWrites();
		this.back.pipeline().addFirst(writes);
		this.relay.start();
		int first = reads.count;
		this.front.writeInbound(Unpooled.buffer().writeByte(1));
		assertThat(reads.count).isGreaterThan(first);
		writes.release();
		this.relay.end(RelayOutcome.RESET);
	}

	private static final class Reads extends ChannelOutboundHandlerAdapter {

		private int count;

		@Override
		public void read(ChannelHandlerContext ctx) {
			this.count++;
			ctx.read();
		}

	}

	private static final class SlowWrites extends ChannelOutboundHandlerAdapter {

		private final List<Runnable> held = new ArrayList<>();

		@Override
		public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
			this.held.add(() -> {
				ReferenceCountUtil.release(message);
				promise.setSuccess();
			});
		}

		private void release() {
			this.held.forEach(Runnable::run);
			this.held.clear();
		}

	}

	private static final class FailingWrites extends ChannelOutboundHandlerAdapter {

		@Override
		public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
			ReferenceCountUtil.release(message);
			promise.setFailure(new IOException("gone"));
		}

	}

}
